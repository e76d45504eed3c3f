/** What `npm run package:exe` makes; none of this needs a Windows. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync } from 'fflate';
import { expect, inject, test } from 'vitest';
import { checkConfig } from '../../src/config/load.ts';
import { version } from '../../src/version.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const packed = inject('packed');
const folder = path.join(packed, 'plugback-veeam');
const texts = ['LICENSE.txt', 'LIESMICH.txt', 'README.txt', 'THIRD-PARTY.txt', 'config.ini.template'];
const scripts = ['post-job.cmd', 'pre-job.cmd'];

function text(name: string): string {
  return readFileSync(path.join(folder, name), 'utf8');
}

test('the folder has what an administrator expects, and the zip has the same', () => {
  const names = readdirSync(folder).toSorted();
  expect(names).toEqual([...texts, 'plugback-veeam.exe', ...scripts].toSorted());
  const zip = unzipSync(readFileSync(path.join(packed, `plugback-veeam_${version}_windows-x64.zip`)));
  expect(Object.keys(zip).toSorted()).toEqual(names.map((name) => `plugback-veeam/${name}`));
  for (const name of names) {
    const original = readFileSync(path.join(folder, name));
    expect(original.equals(zip[`plugback-veeam/${name}`] ?? new Uint8Array()), name).toBe(true);
  }
});

test.each([...texts, ...scripts])('%s has the line ends of Windows', (name) => {
  expect(text(name).replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  expect(text(name)).toMatch(/\r\n$/);
});

test.each(scripts)('%s is plain ASCII: cmd reads it in whatever code page', (name) => {
  expect(text(name)).toMatch(/^[\x00-\x7f]*$/);
});

test('the program is no larger than Node and its own small part, says nothing of where it was built, and has no half signature', () => {
  const node = readFileSync(inject('windowsNode'));
  const program = readFileSync(path.join(folder, 'plugback-veeam.exe'));
  expect(program.length - node.length).toBeLessThan(1_500_000);
  const head = program.readUInt32LE(0x3c) + 24;
  const certificates = head + 112 + 4 * 8;
  expect(program.readBigUInt64LE(certificates)).toBe(0n);
  const own = program.subarray(node.length - 100_000).toString('latin1');
  expect(own).toContain('veeam-lock');
  expect(own).not.toContain(project);
  expect(own).not.toMatch(/plugback-exe-\w{6}/);
  expect(own).not.toMatch(/systeminformation|express/);
});

test('the template names every key once, and works when the first two keys are filled in', () => {
  const template = text('config.ini.template');
  const keys = [...template.matchAll(/^([a-z-]+) =/gm)].map(([, key]) => key);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.slice(0, 2)).toEqual(['veeam-lockfiles', 'backup-lockfile']);
  const side = (words: string) =>
    checkConfig(Buffer.from(words), 'C:\\plugback\\config.ini', {}, { platform: 'win32' });
  const filled = template
    .replace('veeam-lockfiles =', 'veeam-lockfiles = \\\\atlantis\\backup\\locks')
    .replace('backup-lockfile =', 'backup-lockfile = \\\\atlantis\\backup\\veeam\\.plugback.lock');
  // The source is the copier's affair.
  expect(side(filled).problems.map(({ section, key }) => `${section}.${key}`)).toEqual([
    'BACKUP.backup-source',
  ]);
  const bare = side(filled.replaceAll(/^(?!\[|veeam-lockfiles|backup-lockfile).*$/gm, ''));
  expect({ ...side(filled), isLanguageChosen: false }).toEqual(bare);
});
