/** Encrypted disks as far as a kernel without device-mapper goes: what is refused before anything is unlocked. */

import { chmodSync, truncateSync, writeFileSync } from 'node:fs';
import { encryptionRecord } from '../../src/backup/encryption-record.ts';
import { writeAtomically } from '../../src/status/atomic-file.ts';
import { command, isInstalled } from './command.ts';
import { type ExpectedEnd, expectEnd } from './expectations.ts';
import { type Disk, diskTests, type Lab } from './lab.ts';
import { writeSmallFiles } from './trees.ts';

const test = diskTests();

async function encryptedDisk(lab: Lab, { type = 'luks2' } = {}): Promise<{ disk: Disk; key: string }> {
  if (!isInstalled('cryptsetup')) lab.skip('needs cryptsetup');
  const [image, key] = [lab.path('vault.img'), lab.path('key')];
  writeFileSync(image, '');
  truncateSync(image, 32 * 1024 * 1024);
  writeFileSync(key, 'secret of sixteen', { mode: 0o400 });
  const fast = ['--pbkdf', 'pbkdf2', '--pbkdf-force-iterations', '1000'];
  await command(
    'cryptsetup',
    'luksFormat',
    '--batch-mode',
    '--type',
    type,
    ...fast,
    '--key-file',
    key,
    image,
  );
  return { disk: await lab.attach(image), key };
}

function failure(code: NonNullable<ExpectedEnd['code']>, exitCode: number, sentence: RegExp): ExpectedEnd {
  const subject = /^Backup FAILED: disk .*, nothing was copied – you can unplug it \(/;
  return { exitCode, outcome: 'failed', code, sentence, subject };
}

test.each(['luks1', 'luks2'])('%s without a key: said at once, and how to give one', async (lab, type) => {
  const { disk } = await encryptedDisk(lab, { type });
  lab.configure([disk]);
  writeSmallFiles(lab.source, 3);
  const end = await lab.run();
  await expectEnd(lab, end, {
    ...failure('disk-encrypted', 69, /is encrypted, and there is no key to unlock it with/),
    startMail: false,
  });
});

test('a key that everybody can read is not used', async (lab) => {
  const { disk, key } = await encryptedDisk(lab);
  chmodSync(key, 0o444);
  lab.configure([disk], { BACKUP: { 'encryption-key-file': key } });
  writeSmallFiles(lab.source, 3);
  const end = await lab.run();
  await expectEnd(lab, end, {
    ...failure('key-file-unusable', 78, /other users can read or change it/),
    startMail: false,
  });
});

test('a header of which only the beginning is left is told from a wrong key', async (lab) => {
  const { disk, key } = await encryptedDisk(lab);
  // Of LUKS2 there are two; the fields behind magic, version and length hold their checksums.
  for (const offset of [8, 16384 + 8]) {
    await command(
      'dd',
      'if=/dev/urandom',
      `of=${disk.device}`,
      'bs=1',
      `seek=${offset}`,
      'count=20',
      'conv=notrunc',
    );
  }
  await command('blockdev', '--flushbufs', disk.device);
  lab.configure([disk], { BACKUP: { 'encryption-key-file': key } });
  writeSmallFiles(lab.source, 3);
  const end = await lab.run();
  await expectEnd(lab, end, {
    ...failure('encryption-damaged', 69, /header of the encryption on .* is damaged/),
    log: [/is encrypted; unlocking it/],
  });
});

test('a plain disk that carries the UUID of one that was encrypted', async (lab) => {
  const disk = await lab.disk();
  lab.configure([disk]);
  writeSmallFiles(lab.source, 3);
  const record = encryptionRecord({ sourceRecord: lab.path('state/source.json') }, disk.uuid);
  writeAtomically(record, '');
  const end = await lab.run();
  await expectEnd(lab, end, {
    exitCode: 76,
    outcome: 'refused',
    code: 'not-encrypted-any-more',
    sentence: /was encrypted, but is not encrypted/,
    subject: /^Backup REFUSED: disk “PLUGBACK”, nothing was copied/,
    startMail: false,
    disk,
  });
});
