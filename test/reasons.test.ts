/** The system's reasons in both languages. */

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
  ['wrong fs type, bad option', 'wrong fs type, bad option', 'wrong fs type, bad option'],
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
