import { describe, expect, test } from 'vitest';
import { parseAddress, recipientsOf } from '../../src/mail/letter.ts';

describe('an address', () => {
  test.each([
    ['a@x.example', { name: '', address: 'a@x.example' }],
    ['  a@x.example ', { name: '', address: 'a@x.example' }],
    ['Anna Müller <a@x.example>', { name: 'Anna Müller', address: 'a@x.example' }],
    ['"Müller, Anna" <a@x.example>', { name: 'Müller, Anna', address: 'a@x.example' }],
    ['<a@x.example>', { name: '', address: 'a@x.example' }],
    ['root', { name: '', address: 'root' }],
    ['', null],
    ['  ', null],
  ])('%j is taken apart', (text, expected) => {
    expect(parseAddress(text)).toEqual(expected);
  });

  test('never carries a control character', () => {
    const address = parseAddress('Anna\r\nBcc: evil@x.example <a@x.example\r\nX: y>');
    expect(JSON.stringify(address)).not.toMatch(/\\[rn]/);
  });
});

describe('recipients', () => {
  test('are told once, in the first place they stand in', () => {
    const recipients = recipientsOf({
      to: ['a@x.example', 'b@x.example', 'A@X.example'],
      cc: ['B@x.example', 'c@x.example', ''],
    });
    expect(recipients).toEqual({
      to: [
        { name: '', address: 'a@x.example' },
        { name: '', address: 'b@x.example' },
      ],
      cc: [{ name: '', address: 'c@x.example' }],
    });
  });
});
