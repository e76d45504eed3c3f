/** The package in the hands of apt: upgraded while it is in use, and taken away without a trace. */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { Package } from '../package.ts';
import { type Box, configFile, scenarios } from './scenario.ts';

const scenario = scenarios();
const newer = '99.0.0';

/** Upgrades the package as a nightly job would, which answers no questions. */
async function upgrade(box: Box): Promise<void> {
  const built = new Package();
  try {
    await box.guest.write('/root/newer.deb', readFileSync(built.next(newer)));
  } finally {
    built.remove();
  }
  await box.guest.run('apt-get', 'install', '--yes', '--quiet', '/root/newer.deb');
  expect(await box.guest.run('dpkg-query', '--show', 'plugback')).toBe(`plugback\t${newer}\n`);
}

scenario(
  'an upgrade in mid-copy lets the backup run, and keeps the configuration as it was edited',
  async (box) => {
    const disk = await box.disk();
    await box.grow('large.vbk', 12);
    await box.configure([disk], { 'rsync-options': '--bwlimit=1000' });
    const edited = await box.guest.run('cat', configFile);
    await box.plug(disk);
    await box.copied(1);
    // Held, so that apt may take its time.
    await box.guest.run('pkill', '--signal', 'STOP', '--exact', 'rsync');
    await upgrade(box);
    expect(await box.history()).toEqual([]);
    await box.guest.run('pkill', '--signal', 'CONT', '--exact', 'rsync');
    expect(await box.guest.run('cat', configFile)).toBe(edited);
    expect(await box.ended(disk)).toMatchObject({ outcome: 'done', error: null });
    await box.pull(disk);
    expect(await box.differences(disk)).toEqual([]);

    await box.plug(disk);
    expect(await box.ended(disk)).toMatchObject({ outcome: 'done', error: null });
    expect(await box.failedUnits()).toEqual([]);
  },
);

scenario('purging takes everything away, and a disk starts nothing any more', async (box) => {
  const disk = await box.disk();
  await box.configure([disk]);
  await box.plug(disk);
  await box.ended(disk);
  await box.pull(disk);
  await box.guest.run('apt-get', 'purge', '--yes', '--quiet', 'plugback');
  const places = ['/etc', '/usr', '/var', '/run', '/media', '/opt'];
  const left = await box.guest.run(
    'find',
    ...places,
    '-name',
    '*plugback*',
    '-not',
    '-path',
    '/var/lib/systemd/*',
  );
  expect(left).toBe('');
  expect((await box.guest.attempt('dpkg-query', '--status', 'plugback')).exitCode).not.toBe(0);
  await box.plug(disk);
  await box.guest.until('the disk to be there', async () => {
    return (await box.guest.attempt('test', '-e', `/dev/disk/by-uuid/${disk.uuid}`)).exitCode === 0;
  });
  await box.guest.run('udevadm', 'settle');
  expect(await box.guest.run('systemctl', 'list-units', '--all', '--no-legend', 'plugback*')).toBe('');
  expect(await box.failedUnits()).toEqual([]);
});
