/** Hosts as they may be, and people who are not to be disturbed, in the same office. */

import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Office } from './office.ts';
import { openOffice, rsyncJob, sections } from './scenes.ts';

let office: Office;
beforeEach(() => {
  office = new Office();
});
afterEach(() => office.remove());

/** The section of one who is not there. */
const goneHome = () => office.section('anna', { mac: '' });

describe('nobody is disturbed', () => {
  test('the countdown is stopped by hand', async () => {
    office.configure(`${goneHome()}[JOB sync]\nkind = command\ncommand = /bin/true\n`, {
      'after-backup': 'hibernate',
      'countdown-seconds': 60,
    });
    office.watch();
    await office.until('the countdown', () => office.state?.sleepsAt != null);
    expect(office.plugback('status').stdout).toContain('plugback nightshift cancel');
    expect(office.plugback('nightshift', 'cancel')).toMatchObject({
      exitCode: 0,
      stdout: 'This machine stays on tonight.\n',
    });
    await office.until('the end of the countdown', () => office.state?.sleepsAt === null);
    expect(office.plugback('nightshift', 'cancel').stdout).toContain('No countdown is running');
    expect(office.recorded).toEqual([]);
    await office.end();
  });

  test('what keeps the machine awake is respected', async () => {
    writeFileSync(office.file('inhibitors'), '{"data":[[["sleep:shutdown","apt","upgrading","block",0,7]]]}');
    office.configure(`${goneHome()}[JOB sync]\nkind = command\ncommand = /bin/true\n`, {
      'after-backup': 'hibernate',
    });
    office.watch();
    await office.until('the refusal', () => office.output.includes('kept awake by apt (upgrading)'));
    expect(office.recorded).toEqual([]);
    rmSync(office.file('inhibitors'));
    await office.until('hibernation', () => office.recorded.length > 0);
    await office.end();
  });

  test('somebody who has logged in at the backup computer keeps it on', async () => {
    await openOffice(office);
    writeFileSync(office.file('nas2', 'who'), 'anna     tty1         2026-11-21 09:12   .          4711\n');
    office.configure(sections(office) + rsyncJob(office));
    office.watch('--now');
    expect(await office.whenEnded()).toBe(0);
    expect(office.output).toContain('Somebody is logged in at nas2');
    expect(office.commands('nas2')).not.toContain('systemctl --check-inhibitors=yes poweroff');
  });

  test('a backup computer that was on stays on', async () => {
    await openOffice(office);
    office.switchOn('nas2');
    office.configure(sections(office) + rsyncJob(office));
    office.watch('--now');
    expect(await office.whenEnded()).toBe(0);
    expect(office.packets('nas2')).toEqual([]);
    expect(office.isOn('nas2')).toBe(true);
  });
});

describe('hostile hosts', () => {
  test('an unknown host key is refused, with the remedy', async () => {
    await openOffice(office, { isKnown: false });
    office.configure(sections(office) + rsyncJob(office));
    office.watch('--now');
    expect(await office.whenEnded()).toBe(76);
    expect(office.output).toContain('The host key of nas2 is not known, so nothing was sent there');
    expect(office.output).toContain(
      `ssh -i ${office.file('id')} -o UserKnownHostsFile=${office.file('known_hosts')} -p 22 root@10.77.2.14`,
    );
    expect(office.commands('nas2')).toEqual([]);
  });

  test('a computer in whose place another one answers gets nothing', async () => {
    await openOffice(office);
    const known = readFileSync(office.file('known_hosts'), 'utf8');
    const other = readFileSync(`${office.file('id')}.pub`, 'utf8').split(' ')[1];
    writeFileSync(office.file('known_hosts'), known.replace(/AAAA\S+/, String(other)));
    office.configure(sections(office) + rsyncJob(office));
    office.watch('--now');
    expect(await office.whenEnded()).toBe(76);
    expect(office.output).toContain('nas2 has another host key than before');
    expect(office.commands('nas2')).toEqual([]);
  });

  test('a key and a list of keys whose names hold what ssh reads as signs', async () => {
    await openOffice(office);
    const [key, hosts] = [office.file('my %h key'), office.file('known %h "hosts"')];
    copyFileSync(office.file('id'), key);
    copyFileSync(office.file('known_hosts'), hosts);
    const double = (text: string) => text.replaceAll('%', '%%');
    office.configure(sections(office) + rsyncJob(office), {
      'ssh-key-file': double(key),
      'ssh-known-hosts-file': double(hosts),
    });
    rmSync(office.file('id'));
    rmSync(office.file('known_hosts'));
    office.watch('--now');
    expect(await office.whenEnded()).toBe(0);
    expect(office.commands('nas2').length).toBeGreaterThan(0);
  });

  test('one that prints for ever into every question is not waited for, and drives no terminal', async () => {
    await openOffice(office);
    writeFileSync(office.file('nas2', 'who'), '\x1b[2J'.repeat(1_000_000));
    office.configure(sections(office) + rsyncJob(office));
    office.watch('--now');
    expect(await office.whenEnded()).toBe(0);
    expect(office.output).toContain('more than 64000 characters');
    expect(office.output).not.toContain('\x1b[2J');
    expect(office.commands('nas2').some((line) => line.endsWith('poweroff'))).toBe(false);
  });

  test('what a computer says of its time is no number: it is unknown, not obeyed', async () => {
    await openOffice(office);
    writeFileSync(office.file('nas2', 'time'), '1700000000; reboot\n\x1b[2J');
    office.configure(sections(office) + rsyncJob(office));
    office.watch('--now');
    expect(await office.whenEnded()).toBe(0);
    expect(office.nights[0]?.warnings).toMatchObject([{ key: 'nightshift.clock-unknown' }]);
  });
});

describe('a cable of this machine that is pulled is nobody’s absence', () => {
  const job = '[JOB sync]\nkind = command\ncommand = /bin/true\n';
  const cable = (state: 'up' | 'down') => {
    for (const card of ['eth0', 'eth1']) office.inside('switch', 'ip', 'link', 'set', `nas-${card}`, state);
  };
  const isKnown = () => office.state?.computers.anna?.online === true;
  const looks = async (count: number) => {
    for (let left = count; left > 0; left -= 1) {
      const before = office.state?.lookedAt ?? 0;
      await office.until('the next look', () => (office.state?.lookedAt ?? 0) > before);
    }
  };

  test('no backup begins, and none afterwards', async () => {
    office.configure(sections(office) + job, { 'after-backup': 'hibernate' });
    office.switchOn('anna');
    office.watch();
    await office.until('anna', isKnown);
    cable('down');
    await looks(6);
    cable('up');
    await office.until('anna', isKnown);
    // The card is there, and without its address.
    office.inside('nas', 'ip', 'address', 'del', '10.77.1.1/24', 'dev', 'eth0');
    await looks(6);
    expect(office.nights).toEqual([]);
    expect(office.output).not.toContain('anna is off');
    expect(office.output).toContain('It cannot be told whether anna is online');
    expect(office.recorded).toEqual([]);
    await office.end();
  });

  test('nor where it was out from the beginning, with another way into the world', async () => {
    office.configure(office.section('anna', { mac: '' }) + job);
    office.inside('nas', 'ip', 'route', 'add', 'default', 'via', '10.77.2.14');
    office.inside('switch', 'ip', 'link', 'set', 'nas-eth0', 'down');
    office.watch();
    await looks(6);
    expect(office.nights).toEqual([]);
    expect(office.plugback('nightshift', '--dry-run').stdout).toContain('could not ask anna');
    await office.end();
  });
});

test('where ping is filtered, a port tells that somebody is there', async () => {
  await openOffice(office);
  office.inside('nas2', 'sysctl', '-qw', 'net.ipv4.icmp_echo_ignore_all=1');
  office.switchOn('nas2');
  office.configure(office.section('nas2', { 'probe-port': '22' }));
  expect(JSON.parse(office.plugback('nightshift', '--dry-run', '--json').stdout)).toMatchObject({
    online: ['nas2'],
  });
  office.configure(office.section('nas2'));
  expect(JSON.parse(office.plugback('nightshift', '--dry-run', '--json').stdout)).toMatchObject({
    online: [],
  });
});

test('a second night watch ends at once, and a wish is passed on to the first', async () => {
  office.configure(`${sections(office)}[JOB sync]\nkind = command\ncommand = /bin/true\n`);
  office.switchOn('anna');
  office.watch();
  await office.until('the first look', () => office.state?.computers.anna?.online === true);
  expect(office.plugback('nightshift')).toMatchObject({ exitCode: 73 });
  expect(office.plugback('nightshift', '--now').stdout).toContain('begins the backup within a few seconds');
  await office.until('the night', () => office.nights.length === 1);
  expect(office.nights[0]).toMatchObject({ trigger: 'by-hand', outcome: 'done' });
  await office.end();
});

test('250 addresses are asked at once', async () => {
  const computers = Array.from(
    { length: 250 },
    (_, index) => `[COMPUTER pc${index}]\nip = 10.77.1.${index + 2}\n`,
  );
  office.switchOn('anna');
  office.configure(computers.join(''));
  const { stdout } = office.plugback('nightshift', '--dry-run', '--json');
  const { online, lookMs } = JSON.parse(stdout) as { online: string[]; lookMs: number };
  expect(online).toEqual(['pc9']);
  // Each silent one takes a second: one after the other it would be four minutes.
  expect(lookMs).toBeLessThan(20_000);
});

test('plugback check: who is online, who takes commands, and what a night would stumble over', async () => {
  await openOffice(office);
  office.configure(sections(office) + rsyncJob(office));
  const asleep = office.plugback('check');
  expect(asleep.stdout).toContain('Online now: anna and otto.');
  expect(asleep.stdout).toContain('Off now: nas2.');
  expect(office.packets('nas2')).toEqual([]);
  office.switchOn('nas2');
  expect(office.plugback('check').stdout).toContain('Takes commands by ssh: nas2.');
  writeFileSync(office.file('known_hosts'), '');
  const unknown = office.plugback('check');
  expect(unknown.exitCode).toBe(76);
  expect(unknown.stdout).toContain('The host key of nas2 is not known');
  office.inside('nas', 'ip', 'link', 'set', 'eth0', 'down');
  expect(office.plugback('check').stdout).toContain('Cannot be asked from here');
});
