/** Which disks a broken configuration may mean. */

import { expect, test } from 'vitest';
import { mentionsUuid } from '../../src/config/mentions.ts';

const uuid = '1b1f8c2e-7a4d-4c55-9f0e-2d3c4b5a6978';
const text = `[BACKUP\nfilesystem-ids = ${uuid},anna@example.com, AB12-34CD\nwhat – is this`;
const utf8 = Buffer.from(text);

test.each([
  [uuid, utf8],
  [uuid.toUpperCase(), utf8],
  ['ab1234cd', utf8],
  [uuid, Buffer.from(text.replaceAll('-', '‐'))],
  [uuid, Buffer.from(text.replaceAll('-', ''))],
  [uuid, Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['AB12-34CD', Buffer.from(text, 'utf16le')],
  ['AB12-34CD', Buffer.from(text, 'utf16le').swap16()],
  ['AB12-34CD', Buffer.from(text, 'latin1')],
])('%s is mentioned', (wanted, bytes) => {
  expect(mentionsUuid(bytes, wanted)).toBe(true);
});

test.each(['9f0e', '8c2e', '6978', '12-34', 'ab12', '2d3c4b5a6978', '5e6f-7081'])(
  '%s is at most a part of one',
  (wanted) => {
    expect(mentionsUuid(utf8, wanted)).toBe(false);
    expect(mentionsUuid(Buffer.from(text, 'utf16le'), wanted)).toBe(false);
  },
);
