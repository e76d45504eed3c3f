/** disks, enroll and check on real filesystems, with a label made to hurt. */

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import type { Finding } from '../../src/commands/check/finding.ts';
import type { AttachedDisk } from '../../src/commands/disks.ts';
import { command } from './command.ts';
import { type Disk, diskTests, isMounted, type Lab } from './lab.ts';

const test = diskTests();

/** Markup, a terminal's colour, and what makes one of the packages lose the partition. */
const hostileLabel = '<b>\x1b[31m RO="1"';
const shownLabel = '<b>\\x1b[31m RO="1"';

async function disksOf(lab: Lab): Promise<AttachedDisk[]> {
  return lab.json<AttachedDisk[]>('disks');
}

async function shown(lab: Lab, disk: Disk): Promise<AttachedDisk | undefined> {
  return (await disksOf(lab)).find((one) => one.device === disk.device);
}

async function checked(lab: Lab): Promise<{ exitCode: number; findings: Finding[] }> {
  const { stdout, exitCode } = await lab.run(['--json'], { command: 'check' });
  const document = JSON.parse(stdout) as { exitCode: number; findings: Finding[] };
  expect(exitCode).toBe(document.exitCode);
  return document;
}

/** Comments, blanks and the order of things, as an administrator left them. */
function writeCommentedConfig(lab: Lab): string[] {
  const lines = [
    '# The office’s backup – ask Otto before changing anything',
    '[BACKUP]',
    '; the disks',
    '  filesystem-ids-and-notification-mail-addresses =   ',
    '',
    `backup-source=${lab.source}/`,
    `backup-destination   =  ${lab.mountPoint}`,
    '# logs',
    `log-file-path = ${lab.path('log/plugback.log')}`,
    `rsync-log-file-path = ${lab.path('log/rsync.log')}`,
    '[GENERAL]',
    `state-directory = ${lab.path('state')}`,
    `runtime-directory = ${lab.path('run')}`,
    '# the end',
  ];
  writeFileSync(lab.configFile, lines.join('\r\n'), { mode: 0o640 });
  return lines;
}

describe('disks', () => {
  test('shows a filesystem whole, however hostile its label', async (lab) => {
    const disk = await lab.disk({ label: hostileLabel });
    lab.configure([]);
    expect(await shown(lab, disk)).toMatchObject({
      uuid: disk.uuid,
      label: hostileLabel,
      type: 'ext4',
      sizeBytes: 64 * 1024 * 1024,
      freeBytes: null,
      mountPoints: [],
      enrolled: false,
      obstacle: null,
    });
    const { stdout } = await lab.run([], { command: 'disks' });
    expect(stdout).toContain(shownLabel);
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
    expect(stdout).toContain(`can be enrolled: plugback enroll ${disk.uuid}`);
    const { stdout: json } = await lab.run(['--json'], { command: 'disks' });
    expect(json).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test('tells enrolled ones, and how much is free where one is mounted', async (lab) => {
    const disk = await lab.disk();
    lab.configure([disk.uuid.toUpperCase()]);
    expect(await shown(lab, disk)).toMatchObject({ enrolled: true, mailAddresses: ['owner@example.com'] });
    await lab.mounted(disk, async (folder) => {
      const seen = await shown(lab, disk);
      expect(seen?.mountPoints).toEqual([folder]);
      expect(seen?.freeBytes).toBeGreaterThan(10_000_000);
      const { stdout } = await lab.run([], { command: 'disks' });
      expect(stdout).toContain(`mounted at ${folder}`);
    });
  });

  test('says why one cannot be a backup disk: a clone, a switch, the source itself', async (lab) => {
    const disk = await lab.disk();
    const clone = lab.path('clone.img');
    await command('cp', disk.image, clone);
    const twin = await lab.attach(clone);
    lab.configure([]);
    expect((await shown(lab, disk))?.obstacle).toBe('duplicate-uuid');
    await lab.detach(twin);
    await lab.detach(disk);
    const locked = await lab.attach(disk.image, 'ext4', ['--read-only']);
    expect((await shown(lab, locked))?.obstacle).toBe('read-only');
    const other = await lab.disk();
    await lab.mount(lab.source, other.device);
    expect((await shown(lab, other))?.obstacle).toBe('source');
  });
});

describe('enroll', () => {
  test('adds a disk and leaves every other byte of the configuration alone', async (lab) => {
    const disk = await lab.disk({ label: hostileLabel });
    const lines = writeCommentedConfig(lab);
    const args = [disk.device, '--mail', 'anna@example.com, otto@example.com'];
    const { exitCode, stdout, stderr } = await lab.run(args, { command: 'enroll' });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(`“${shownLabel}” is a backup disk now`);
    expect(stdout).toContain('plugback run --dry-run');
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);

    const value = `${disk.uuid}, anna@example.com, otto@example.com`;
    const now = readFileSync(lab.configFile, 'utf8').split('\r\n');
    expect(now[3]?.trim()).toBe(`filesystem-ids-and-notification-mail-addresses = ${value}`);
    expect(now.toSpliced(3, 1)).toEqual(lines.toSpliced(3, 1));
    expect(statSync(lab.configFile).mode & 0o777).toBe(0o640);
    expect(await shown(lab, disk)).toMatchObject({ enrolled: true });
  });

  test('a second time says so and adds only new addresses, also when the disk is away', async (lab) => {
    const disk = await lab.disk();
    writeCommentedConfig(lab);
    await lab.run([disk.uuid.toUpperCase()], { command: 'enroll' });
    const before = readFileSync(lab.configFile, 'utf8');
    const again = await lab.run([disk.device, '--language', 'de'], { command: 'enroll' });
    expect(again).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('ist schon eine Sicherungsplatte'),
    });
    expect(readFileSync(lab.configFile, 'utf8')).toBe(before);

    await lab.detach(disk);
    const late = await lab.run([disk.uuid, '--mail', 'eva@example.com', '--json'], { command: 'enroll' });
    expect(JSON.parse(late.stdout)).toMatchObject({
      uuid: disk.uuid,
      device: null,
      added: false,
      mailAddresses: ['eva@example.com'],
      addedMailAddresses: ['eva@example.com'],
    });
    expect(readFileSync(lab.configFile, 'utf8')).toContain(`${disk.uuid}, eva@example.com`);
  });

  test('refuses with the reason, and writes nothing', async (lab) => {
    const disk = await lab.disk();
    const clone = lab.path('clone.img');
    await command('cp', disk.image, clone);
    const twin = await lab.attach(clone);
    writeCommentedConfig(lab);
    const before = readFileSync(lab.configFile, 'utf8');
    for (const name of [disk.device, disk.uuid, `/dev/disk/by-uuid/${disk.uuid}`]) {
      const { exitCode, stderr } = await lab.run([name], { command: 'enroll' });
      expect(exitCode).toBe(76);
      expect(stderr).toContain(`Two filesystems have the same UUID ${disk.uuid}`);
    }
    await lab.detach(twin);
    await lab.detach(disk);
    const locked = await lab.attach(disk.image, 'ext4', ['--read-only']);
    const switched = await lab.run([locked.device], { command: 'enroll' });
    expect(switched).toMatchObject({
      exitCode: 76,
      stderr: expect.stringContaining('it is write-protected'),
    });

    const other = await lab.disk();
    await lab.mount(lab.source, other.device);
    const source = await lab.run([other.device], { command: 'enroll' });
    expect(source).toMatchObject({
      exitCode: 76,
      stderr: expect.stringContaining('lies on the backup disk itself'),
    });
    expect(readFileSync(lab.configFile, 'utf8')).toBe(before);
  });

  test('the enrolled disk can be filled at once', async (lab) => {
    const disk = await lab.disk();
    writeCommentedConfig(lab);
    writeFileSync(`${lab.source}/file.vbk`, 'x');
    await lab.run([disk.device], { command: 'enroll' });
    expect(await lab.run()).toMatchObject({ exitCode: 0 });
    const { stdout } = await lab.run([], { command: 'status' });
    expect(stdout).toContain('The backup on “PLUGBACK” is complete');
    expect((await lab.run([], { command: 'history' })).stdout).toMatch(
      /PLUGBACK +! warnings|PLUGBACK +✔ done/,
    );
  });
});

describe('check', () => {
  const of = (findings: readonly Finding[], check: string) =>
    findings.filter((finding) => finding.check === check);

  test('finds everything in order, and mounts nothing', async (lab) => {
    const disk = await lab.disk();
    lab.configure([disk]);
    writeFileSync(`${lab.source}/file.vbk`, 'x');
    const { exitCode, findings } = await checked(lab);
    expect(findings.filter((finding) => finding.state === 'bad')).toEqual([]);
    expect(exitCode).toBe(0);
    expect(of(findings, 'disk')).toMatchObject([
      { state: 'good', message: expect.stringContaining(disk.device) },
    ]);
    expect(isMounted(disk.device)).toBe(false);
  });

  test('tells a clone, a disk that somebody else has mounted, a write-protected one', async (lab) => {
    const disk = await lab.disk();
    lab.configure([disk]);
    writeFileSync(`${lab.source}/file.vbk`, 'x');
    await lab.mounted(disk, async () => {
      const { exitCode, findings } = await checked(lab);
      expect(exitCode).toBe(69);
      expect(of(findings, 'disk')).toMatchObject([
        { state: 'bad', message: expect.stringContaining('already mounted') },
      ]);
    });
    const clone = lab.path('clone.img');
    await command('cp', disk.image, clone);
    const twin = await lab.attach(clone);
    expect(await checked(lab)).toMatchObject({ exitCode: 76 });
    await lab.detach(twin);
    await lab.detach(disk);
    await lab.attach(disk.image, 'ext4', ['--read-only']);
    const { exitCode, findings } = await checked(lab);
    expect(exitCode).toBe(69);
    expect(of(findings, 'disk')).toMatchObject([
      { state: 'bad', message: expect.stringContaining('write-protected') },
    ]);
  });

  test('tells what is in the way at the mount point', async (lab) => {
    const disk = await lab.disk();
    const other = await lab.disk();
    lab.configure([disk]);
    writeFileSync(`${lab.source}/file.vbk`, 'x');
    await lab.mount(lab.mountPoint, other.device);
    const { exitCode, findings } = await checked(lab);
    expect(exitCode).toBe(69);
    expect(of(findings, 'mount-point')).toMatchObject([
      { state: 'bad', message: expect.stringContaining('Something else') },
    ]);
    await lab.unmount(lab.mountPoint);
    await lab.mount(lab.mountPoint, disk.device);
    const leftover = await checked(lab);
    expect(of(leftover.findings, 'mount-point')).toMatchObject([
      { state: 'warning', message: expect.stringContaining('left there by a run that died') },
    ]);
    await lab.unmount(lab.mountPoint);
    writeFileSync(`${lab.mountPoint}/hidden`, 'x');
    expect(of((await checked(lab)).findings, 'mount-point')).toMatchObject([{ state: 'warning' }]);
  });

  test('without any disk says so, and that is no error', async (lab) => {
    lab.configure(['AAAA-BBBB']);
    writeFileSync(`${lab.source}/file.vbk`, 'x');
    const { exitCode, findings } = await checked(lab);
    expect(exitCode).toBe(0);
    expect(of(findings, 'disks')).toMatchObject([
      { state: 'warning', remedy: expect.stringContaining('Plug one in') },
    ]);
  });
});
