/** The Debian package on a machine with systemd and udev: disks come and go, and backups start by themselves. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { RunDocument } from '../../src/status/types.ts';
import { escapeUnit, unitOfDisk } from '../../src/system/units.ts';
import { waitFor } from '../disk/command.ts';
import { canHost, type Machine, run, startMachine, type TestDisk } from './machine.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));

describe.skipIf(!canHost())('a machine with the package', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'plugback-package-'));
  let machine: Machine;
  let mine: TestDisk;
  let second: TestDisk;
  let foreign: TestDisk;
  const inside = (...argv: string[]) => machine.inside(...argv);
  const history = () => JSON.parse(inside('plugback', 'history', '--json')) as RunDocument[];
  const property = (unit: string, name: string) =>
    inside('systemctl', 'show', '--value', '-p', name, unit).trim();
  const stateOf = (disk: TestDisk) => property(unitOfDisk(disk.uuid), 'ActiveState');
  const failed = () => inside('systemctl', '--failed', '--no-legend', '--plain').trim();
  const mounted = () => inside('cat', '/proc/mounts').includes('/media/plugback');
  const settled = (disk: TestDisk) =>
    waitFor('the unit to end', () => /^(inactive|failed)$/.test(stateOf(disk)), 60);

  function configure(options = ''): void {
    machine.write(
      '/etc/plugback/config.ini',
      `[BACKUP]
filesystem-ids-and-notification-mail-addresses = ${mine.uuid},${second.uuid}
backup-source = /srv/office/
free-space-threshold-gb = 0
rsync-options = ${options}
[WEBSERVER]
token-file = /etc/plugback/token
`,
    );
  }

  beforeAll(async () => {
    const deb = run(process.execPath, path.join(project, 'packaging/deb.mjs'), folder).trim();
    machine = await startMachine(3);
    mine = machine.makeDisk('MINE');
    second = machine.makeDisk('SECOND');
    foreign = machine.makeDisk('FOREIGN');
    machine.copyIn(deb, '/root/plugback.deb');
    inside('dpkg', '-i', '/root/plugback.deb');
  }, 300_000);

  afterEach(() => {
    for (const disk of [mine, second, foreign]) if (machine.isPlugged(disk)) machine.pull(disk);
  });

  afterAll(async () => {
    await machine?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  test('before anything is filled in, nothing fails, not even with a disk', async () => {
    expect(inside('systemctl', 'is-enabled', 'plugback-web.service', 'plugback-outbox.timer')).toBe(
      'enabled\nenabled\n',
    );
    machine.plug(foreign);
    const unit = unitOfDisk(foreign.uuid);
    await waitFor('the unit to have run', () => property(unit, 'ExecMainExitTimestamp') !== '');
    await settled(foreign);
    expect(failed()).toBe('');
  });

  test('a plugged-in disk is filled, flushed, unmounted; plugged in again, once more', async () => {
    inside('mkdir', '/srv/office');
    machine.write('/srv/office/letter.txt', 'Dear Sir');
    configure();
    for (const count of [1, 2]) {
      const before = property(unitOfDisk(mine.uuid), 'InvocationID');
      const pluggedAt = Date.now();
      machine.plug(mine);
      // Asked of systemd, not of plugback: a second Node would slow down what is measured.
      await waitFor('the unit to start', () => property(unitOfDisk(mine.uuid), 'InvocationID') !== before);
      await settled(mine);
      expect(history()).toHaveLength(count);
      const [done] = history();
      expect(done).toMatchObject({ outcome: 'done', label: 'MINE' });
      console.log(`from the disk to the first step: ${Date.parse(done?.startedAt ?? '') - pluggedAt} ms`);
      expect(mounted()).toBe(false);
      machine.pull(mine);
    }
    expect(run('debugfs', '-R', 'cat /letter.txt', mine.image)).toBe('Dear Sir');
    expect(failed()).toBe('');
  });

  test('a foreign disk: no failed unit, no entry in the history, one line for whoever looks for mistakes', async () => {
    const before = history().length;
    machine.plug(foreign);
    const unit = unitOfDisk(foreign.uuid);
    await waitFor('the line', () =>
      inside('journalctl', '-q', '-o', 'cat', '-u', unit, '-p', 'debug..debug').includes('not enrolled'),
    );
    await settled(foreign);
    expect(property(unit, 'Result')).toBe('success');
    expect(history()).toHaveLength(before);
    expect(failed()).toBe('');
  });

  test('two disks at once: one after the other', async () => {
    const before = history().length;
    machine.plug(mine);
    machine.plug(second);
    await waitFor('both backups', () => history().length === before + 2, 90);
    await Promise.all([settled(mine), settled(second)]);
    expect(
      history()
        .slice(0, 2)
        .map(({ label }) => label)
        .toSorted(),
    ).toEqual(['MINE', 'SECOND']);
    expect(
      history()
        .slice(0, 2)
        .map(({ outcome }) => outcome),
    ).toEqual(['done', 'done']);
  });

  describe('in mid-copy', () => {
    beforeAll(() => {
      inside('sh', '-c', 'head -c 20000000 /dev/urandom > /srv/office/large.vbk');
    });

    afterEach(() => {
      inside('rm', '-f', '/srv/office/large.vbk');
      inside('sh', '-c', 'head -c 20000000 /dev/urandom > /srv/office/large.vbk');
    });

    async function plugUntilCopying(): Promise<void> {
      configure('--bwlimit=1M');
      machine.plug(mine);
      await waitFor(
        'the copy',
        () => mounted() && inside('plugback', 'status', '--json').includes('"step":"copy"'),
        60,
      );
      await waitFor('rsync', () => machine.attempt('pgrep', '-x', 'rsync').status === 0);
    }

    test('told to stop, it unmounts, and nothing counts as failed', async () => {
      await plugUntilCopying();
      const inhibitors = () => inside('systemd-inhibit', '--list', '--no-legend', '--no-pager');
      expect(inhibitors()).toMatch(/plugback.*sleep.*block/);
      inside('systemctl', 'stop', unitOfDisk(mine.uuid));
      expect(mounted()).toBe(false);
      expect(machine.attempt('pgrep', '-x', 'rsync').status).not.toBe(0);
      expect(inhibitors()).not.toContain('plugback');
      expect(failed()).toBe('');
    });

    test('pulled out, it ends by itself and leaves no mount; plugged in again, it completes', async () => {
      await plugUntilCopying();
      const began = performance.now();
      machine.announceRemoval(mine);
      await settled(mine);
      expect(mounted()).toBe(false);
      console.log(`from the pull to the end of the unit: ${Math.round(performance.now() - began)} ms`);
      machine.pull(mine);
      configure();
      const before = history().length;
      machine.plug(mine);
      await waitFor('the backup', () => history().length === before + 1, 60);
      expect(history()[0]).toMatchObject({ outcome: expect.stringMatching(/done|warned/) });
    });
  });

  test('the page starts the unit of a disk that is plugged in', async () => {
    machine.write('/etc/plugback/token', 'open-sesame');
    configure();
    inside('systemctl', 'restart', 'plugback-web.service');
    machine.plug(second);
    const before = await waitFor('the first backup', () => history().find(({ label }) => label === 'SECOND'));
    await settled(second);
    const count = history().length;
    const script = `fetch('http://127.0.0.1:8080/copy', { method: 'POST', headers: {
      authorization: 'Bearer open-sesame', 'content-type': 'application/json' }, body: '{"uuid":"${before.uuid}"}' })
      .then((answer) => { process.exitCode = answer.status === 202 ? 0 : 1; })`;
    await waitFor('the page', () => machine.attempt('node', '-e', script).status === 0, 20);
    await waitFor('the second backup', () => history().length > count, 60);
    expect(history()[0]).toMatchObject({ label: 'SECOND' });
  });

  test('removing keeps configuration and history, purging takes them too', () => {
    inside('dpkg', '-r', 'plugback');
    expect(inside('ls', '/etc/plugback', '/var/lib/plugback')).toMatch(/config\.ini[\s\S]*history\.jsonl/);
    expect(machine.attempt('systemctl', 'cat', `plugback@${escapeUnit('ab-cd')}.service`).status).not.toBe(0);
    inside('dpkg', '-P', 'plugback');
    for (const left of ['/etc/plugback', '/var/lib/plugback', '/var/log/plugback']) {
      expect(machine.attempt('ls', left).status).not.toBe(0);
    }
  });
});

describe.skipIf(!canHost())('a machine with the program as npm installs it', () => {
  let machine: Machine;

  beforeAll(async () => {
    machine = await startMachine(1);
    const folder = mkdtempSync(path.join(tmpdir(), 'plugback-bundle-'));
    const archive = path.join(folder, 'bundle.tar');
    run('tar', '-C', project, '-cf', archive, 'dist', 'package.json');
    machine.copyIn(archive, '/root/bundle.tar');
    rmSync(folder, { recursive: true });
    machine.inside('mkdir', '-p', '/opt/plug back');
    machine.inside('tar', '-C', '/opt/plug back', '-xf', '/root/bundle.tar');
  }, 300_000);

  afterAll(() => machine?.end());

  const plugback = (...args: string[]) => machine.inside('/opt/plug back/dist/cli.js', ...args);

  test('install sets it up, twice is like once, and a disk starts its backup', async () => {
    const units = () => machine.attempt('/opt/plug back/dist/cli.js', 'check', '--json').stdout;
    expect(units()).toContain('starts nothing on this machine');
    expect(plugback('install')).toContain('wrote /etc/systemd/system/plugback@.service');
    expect(plugback('install')).not.toContain('wrote ');
    expect(units()).toContain('starts its backup by itself');
    const disk = machine.makeDisk('MINE');
    machine.inside('mkdir', '/srv/office');
    machine.write('/srv/office/letter.txt', 'Dear Madam');
    const lists = `filesystem-ids-and-notification-mail-addresses = ${disk.uuid}`;
    machine.write('/etc/plugback/config.ini', `[BACKUP]\n${lists}\nbackup-source = /srv/office/\n`);
    machine.plug(disk);
    await waitFor('the backup', () => plugback('history', '--json').includes('"outcome"'), 60);
    expect(JSON.parse(plugback('history', '--json'))).toMatchObject([{ label: 'MINE', error: null }]);
    await waitFor('the unmounting', () => !machine.inside('cat', '/proc/mounts').includes('/media/plugback'));
    machine.pull(disk);
  });

  test('uninstall takes it away, and a disk starts nothing any more', () => {
    plugback('uninstall');
    expect(machine.attempt('systemctl', 'cat', 'plugback@ab.service').status).not.toBe(0);
    expect(machine.inside('systemctl', '--failed', '--no-legend', '--plain').trim()).toBe('');
    expect(machine.inside('ls', '/etc/plugback', '/var/lib/plugback')).toMatch(
      /config\.ini[\s\S]*history\.jsonl/,
    );
  });
});
