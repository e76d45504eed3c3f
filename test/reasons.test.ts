/** The system's reasons in both languages. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { reasonInWords } from '../src/messages/reasons.ts';
import { createTranslator } from '../src/messages/translator.ts';

test.each([
  ["EACCES: permission denied, open '/srv/a'", 'permission denied', 'keine Berechtigung'],
  ["error syncing '/mnt': Input/output error", 'input/output error', 'Ein-/Ausgabefehler'],
  ['tee: /mnt/x: Read-only file system', 'it is read-only', 'nur lesbar'],
  [
    'listen EADDRNOTAVAIL: address not available 192.0.2.25',
    'this machine does not have that address',
    'dieser Rechner hat diese Adresse nicht',
  ],
  ['not a folder', 'not a folder', 'kein Ordner'],
  ['EISDIR: illegal operation on a directory', 'it is a folder', 'es ist ein Ordner'],
  [
    'a symbolic link is in its place',
    'a symbolic link is in its place',
    'an seiner Stelle steht eine Verknüpfung',
  ],
  ["EAGAIN: resource temporarily unavailable, open '/a'", 'it is in use', 'es wird gerade benutzt'],
  ['wrong fs type, bad option', 'wrong fs type, bad option', 'wrong fs type, bad option'],
  ['Device sdb1 is in use.', 'Device sdb1 is in use', 'Device sdb1 is in use'],
  ['still waiting ...', 'still waiting ...', 'still waiting ...'],
  ['changing', 'it kept changing', 'änderte sich immer wieder'],
  ['EACCESSORY', 'EACCESSORY', 'EACCESSORY'],
])('%s', (reason, english, german) => {
  expect(reasonInWords(reason, 'en')).toBe(english);
  expect(reasonInWords(reason, 'de')).toBe(german);
});

test('an error is told with its reason in the language of the rest', () => {
  const { problem } = createTranslator('de');
  const told = problem('source-unreadable', { path: '/srv', reason: 'EIO: i/o error, scandir' });
  expect(told.problem).toContain('(Ein-/Ausgabefehler)');
});

test('a reason that ends in a full stop does not bring a second one', () => {
  for (const language of ['en', 'de'] as const) {
    expect(createTranslator(language).problem('unexpected', { reason: 'It is in use.' }).problem).toMatch(
      /use\.$/,
    );
    expect(createTranslator(language).problem('unexpected', { reason: 'It is in use.' }).problem).not.toMatch(
      /\.\./,
    );
  }
});

test('German: one word for one act, and as many drives as there are', () => {
  const { say } = createTranslator('de');
  expect(say('warn.power-off-shared', { devices: ['sdc'] })).toContain('sdc mit abgeschaltet worden wäre.');
  expect(say('warn.power-off-shared', { devices: ['sdc', 'sdd'] })).toContain('abgeschaltet worden wären.');
  expect(readFileSync(new URL('../src/messages/de.ts', import.meta.url), 'utf8')).not.toMatch(
    /ausgehängt|[Hh]ängen Sie/,
  );
});
