/** Encrypted disks: unlocked, filled, locked again, whatever happens in between. */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { damageHeader, decryptedCopy, type EncryptedDisk, makeEncryptedDisk } from './encrypted-disks.ts';
import { type Box, scenarios } from './scenario.ts';

const scenario = scenarios();

const keyFile = '/etc/plugback/key';

/** Puts a disk's key where the configuration says. */
async function giveKey(box: Box, disk: EncryptedDisk, place = keyFile): Promise<void> {
  await box.guest.write(place, readFileSync(disk.keyFile));
  await box.guest.run('chmod', '400', place);
}

/** The disks that are unlocked, by name. */
async function unlocked(box: Box): Promise<string[]> {
  const names = await box.guest.run('ls', '/dev/mapper');
  return names.split('\n').filter((name) => name !== '' && name !== 'control');
}

async function expectNothingLeft(box: Box): Promise<void> {
  expect(await box.isMounted()).toBe(false);
  expect(await unlocked(box)).toEqual([]);
}

for (const type of ['luks1', 'luks2'] as const) {
  scenario(`${type}: unlocked, filled, locked, and ready to be pulled out`, async (box) => {
    const disk = await makeEncryptedDisk(box.folder, { type, label: 'TRESOR' });
    await giveKey(box, disk);
    await box.configure([disk], { 'encryption-key-file': keyFile });
    await box.plug(disk);
    const run = await box.ended(disk);
    expect(run).toMatchObject({
      outcome: 'done',
      uuid: disk.uuid,
      label: 'TRESOR',
      unplug: true,
      warnings: [],
    });
    await expectNothingLeft(box);
    // The filesystem inside was a disk, too, for as long as it was unlocked: a foreign one.
    expect(await box.failedUnits()).toEqual([]);
    expect(await box.history()).toHaveLength(1);
    await box.pull(disk);
    expect(await box.differences(await decryptedCopy(disk))).toEqual([]);
  });
}

scenario('the key comes from systemd, and the mount is seen by everybody all the same', async (box) => {
  const disk = await makeEncryptedDisk(box.folder, { label: 'TRESOR' });
  await giveKey(box, disk, '/root/key');
  await box.guest.run('mkdir', '/etc/systemd/system/plugback@.service.d');
  const lines = '[Service]\nLoadCredential=plugback-key:/root/key\n';
  await box.guest.write('/etc/systemd/system/plugback@.service.d/key.conf', lines);
  await box.guest.run('systemctl', 'daemon-reload');
  await box.configure([disk], { 'rsync-options': '--bwlimit=500' });
  await box.plug(disk);
  await box.copied(500_000);
  expect(await box.isMounted()).toBe(true);
  expect(await box.ended(disk)).toMatchObject({ outcome: 'done' });
  await expectNothingLeft(box);
});

scenario('a wrong key is told from a damaged header', async (box) => {
  const disk = await makeEncryptedDisk(box.folder, { label: 'TRESOR' });
  const other = await makeEncryptedDisk(box.folder, { label: 'ANOTHER' });
  await giveKey(box, other);
  await box.configure([disk], { 'encryption-key-file': keyFile });
  await box.plug(disk);
  const wrong = await box.ended(disk);
  expect(wrong).toMatchObject({
    outcome: 'failed',
    error: { code: 'wrong-key', exitCode: 69 },
    unplug: true,
  });
  await expectNothingLeft(box);
  await box.pull(disk);

  await damageHeader(disk);
  await giveKey(box, disk);
  await box.plug(disk);
  const damaged = await box.ended(disk);
  expect(damaged).toMatchObject({ outcome: 'failed', error: { code: 'encryption-damaged', exitCode: 69 } });
  await expectNothingLeft(box);
  const subjects = (await box.mails()).map(({ message }) => message.subject);
  expect(subjects.filter((subject) => subject?.startsWith('Backup FAILED'))).toHaveLength(2);
});

scenario(
  'pulled out while it is unlocked: locked all the same; plugged in again, it goes on',
  async (box) => {
    const disk = await makeEncryptedDisk(box.folder, { label: 'TRESOR' });
    await giveKey(box, disk);
    await box.grow('large.vbk', 12);
    await box.configure([disk], { 'encryption-key-file': keyFile, 'rsync-options': '--bwlimit=1000' });
    await box.plug(disk);
    await box.copied(3_000_000);
    expect(await unlocked(box)).toEqual([`plugback-${disk.uuid}`]);
    await box.pull(disk);
    const gone = await box.ended(disk);
    expect(gone).toMatchObject({ error: { code: 'disk-gone', exitCode: 69, details: { phase: 'copying' } } });
    await expectNothingLeft(box);

    await box.configure([disk], { 'encryption-key-file': keyFile });
    await box.plug(disk);
    const again = await box.ended(disk);
    expect(again).toMatchObject({ error: null, unplug: true });
    await expectNothingLeft(box);
    await box.pull(disk);
    expect(await box.differences(await decryptedCopy(disk))).toEqual([]);
  },
);
