/** Whole nights in an office of network namespaces: real pings, magic packets, ssh, rsync and NTP; power is recorded. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Office } from './office.ts';

let office: Office;
beforeEach(() => {
  office = new Office();
});
afterEach(() => office.remove());

const rsyncJob = (more = '') =>
  `[JOB documents]\nkind = rsync\nfrom = ${office.file('source')}/\nto = nas2:${office.file('copy')}/\n` +
  `retries = 0\nretry-minutes = 0\n${more}`;

const sections = (nas2: Record<string, string> = {}) =>
  ['anna', 'otto']
    .map((name) => office.section(name as 'anna', { mac: '' }))
    .concat(office.section('nas2', { reach: 'ssh', 'after-backup': 'shutdown', ...nas2 }))
    .join('');

/** A backup computer that is off, wakes in a second and a half, and takes orders; Anna and Otto at work. */
async function openOffice(options: { bootMs?: number; isKnown?: boolean } = {}): Promise<void> {
  await office.listenForPackets('nas2', options.bootMs ?? 1500);
  await office.serveSsh('nas2', options);
  office.switchOn('anna');
  office.switchOn('otto');
}

async function everybodyGoesHome(): Promise<void> {
  await office.until('the look at those who work', () => office.state?.computers.otto?.online === true);
  office.switchOff('anna');
  office.switchOff('otto');
}

test('a whole night, start to hibernation', async () => {
  await openOffice();
  await office.serveTime('server', 8);
  office.switchOn('server');
  await office.listenForPackets('otto', 0);
  office.configure(
    sections() +
      office.section('server', { mac: '', presence: 'no', 'time-source': 'yes' }) +
      rsyncJob('source = server\n'),
    { 'after-backup': 'hibernate' },
  );
  office.watch();
  await office.until('waiting', () =>
    office.output.includes('Waiting until nobody is online; now there is: anna and otto'),
  );
  expect(office.nights).toEqual([]);
  await everybodyGoesHome();
  await office.until('hibernation', () => office.recorded.some((line) => line.startsWith('systemctl')), 60);
  await office.end();

  const [night] = office.nights;
  expect(night).toMatchObject({
    trigger: 'all-gone',
    outcome: 'done',
    woken: ['nas2'],
    jobs: [{ state: 'done', exitCode: 0 }],
  });
  expect(readFileSync(office.file('copy', 'letter.txt'), 'utf8')).toBe('Dear Sir');
  // One packet a card and try, through the card that is on its wire, and nothing on the other.
  expect(new Set(office.packets('nas2'))).toEqual(
    new Set([`${office.mac('nas2').replaceAll(':', '')} from 10.77.2.1`]),
  );
  expect(office.packets('otto')).toEqual([]);
  // The server's clock is eight seconds ahead: this machine follows it first, then the backup computer.
  const server = night?.clocks.find(({ computer }) => computer === 'server');
  expect(server?.beforeMs).toBeGreaterThan(7800);
  expect(server?.beforeMs).toBeLessThan(8200);
  expect(office.recorded[0]).toBe('chronyd -q -t 30 server 10.77.1.13 iburst');
  expect(
    office.commands('nas2').some((line) => line.includes("chronyd -q -t 30 'server 10.77.1.13 iburst'")),
  ).toBe(true);
  expect(office.commands('nas2').at(-1)).toBe('systemctl poweroff');
  expect(office.isOn('nas2')).toBe(false);
  expect(office.recorded.at(-1)).toBe('systemctl --check-inhibitors=yes hibernate');
  expect(office.output).toContain('This machine hibernates in 2 s');
  expect(office.read('log', 'nightshift.log')).not.toContain('hibernates in 1 s');
});

test('a worker comes back in mid-job: it goes on, and nothing is switched off', async () => {
  await openOffice();
  office.configure(sections() + rsyncJob('options = --bwlimit=200\n'), { 'after-backup': 'hibernate' });
  writeFileSync(office.file('source', 'large'), Buffer.alloc(1_500_000, 1));
  office.watch();
  await everybodyGoesHome();
  await office.until('the job', () =>
    office.commands('nas2').some((line) => line.startsWith('rsync --server')),
  );
  office.switchOn('anna');
  await office.until('the end of the night', () => office.nights.length > 0, 60);
  expect(office.nights[0]).toMatchObject({ outcome: 'done', warnings: [{ key: 'nightshift.left-on' }] });
  expect(office.isOn('nas2')).toBe(true);
  // When she has gone, what was woken goes back to sleep, and this machine too.
  office.switchOff('anna');
  await office.until('hibernation', () => office.recorded.some((line) => line.startsWith('systemctl')), 60);
  expect(office.commands('nas2').filter((line) => line === 'systemctl poweroff')).toHaveLength(1);
  expect(await office.end()).toBe(143);
});

test('a worker comes back in mid-job and gets the machine, where that is configured', async () => {
  await openOffice();
  office.configure(sections() + rsyncJob('options = --bwlimit=50\n'), { 'when-somebody-comes': 'stop' });
  writeFileSync(office.file('source', 'large'), Buffer.alloc(5_000_000, 1));
  office.watch();
  await everybodyGoesHome();
  await office.until('the job', () =>
    office.commands('nas2').some((line) => line.startsWith('rsync --server')),
  );
  office.switchOn('anna');
  await office.until('the end', () => office.nights.length > 0, 60);
  expect(office.nights[0]).toMatchObject({
    outcome: 'stopped',
    warnings: [{ key: 'nightshift.stopped-for' }, {}],
  });
  expect(office.state?.doneNight).toBeNull();
  await office.end();
});

test('a computer that does not wake: the job fails clearly', async () => {
  await openOffice({ bootMs: 0 });
  office.configure(sections() + rsyncJob());
  office.watch('--now');
  expect(await office.whenEnded()).toBe(69);
  expect(office.nights[0]).toMatchObject({
    outcome: 'failed',
    jobs: [{ attempts: 0, error: { code: 'computer-not-awake' } }],
  });
  expect(office.output).toContain(
    'nas2 was woken and did not answer within 1 min. Is it connected to power and network?',
  );
  expect(office.packets('nas2').length).toBeGreaterThan(3);
}, 120_000);

test('a clock that is 20 minutes off and does not let itself be set: the job is not run', async () => {
  await openOffice();
  await office.serveTime('nas2', -1200);
  office.configure(sections() + rsyncJob());
  office.watch('--now');
  expect(await office.whenEnded()).toBe(76);
  expect(office.nights[0]).toMatchObject({ jobs: [{ attempts: 0, error: { code: 'clocks-apart' } }] });
  expect(office.output).toContain(
    'The clock of nas2 is wrong by 20 min, more than the 1 min that are allowed',
  );
  expect(office.output).toContain('The clock of nas2 differed by −20 min, now by −20 min.');
  // It was tried: through ssh, by this machine's address on that wire.
  expect(office.commands('nas2').some((line) => line.includes("'server 10.77.2.1 iburst'"))).toBe(true);
  expect(office.read('copy', 'letter.txt')).toBe('');
});

test('a job that fails is tried again, and its exit code is told', async () => {
  office.configure(
    '[JOB sync]\nkind = command\ncommand = /bin/sh -c "echo broken pipe >&2; exit 3"\nretries = 1\nretry-minutes = 0\n',
  );
  office.watch('--now');
  expect(await office.whenEnded()).toBe(74);
  expect(office.nights[0]?.jobs).toMatchObject([{ state: 'failed', attempts: 2, exitCode: 3 }]);
  expect(office.read('log', 'nightshift.log')).toContain('sync: broken pipe');
});

test('a job that hangs is ended', async () => {
  office.configure('[JOB sync]\nkind = command\ncommand = /bin/sleep 1000\ntimeout-minutes = 1\n');
  office.watch('--now');
  expect(await office.whenEnded()).toBe(74);
  expect(office.nights[0]?.jobs).toMatchObject([
    { state: 'failed', attempts: 1, error: { code: 'job-timeout' } },
  ]);
}, 120_000);

test('one lost ping is nothing', async () => {
  office.configure(`${sections()}[JOB sync]\nkind = command\ncommand = /bin/true\n`, {
    'offline-after-misses': 5,
  });
  office.switchOn('anna');
  office.watch();
  await office.until('anna', () => office.state?.computers.anna?.online === true);
  for (let times = 0; times < 3; times += 1) {
    const misses = () => office.state?.computers.anna?.misses ?? 0;
    office.switchOff('anna');
    await office.until('a ping that is lost', () => misses() > 0);
    office.switchOn('anna');
    await office.until('an answer', () => misses() === 0);
  }
  expect(office.nights).toEqual([]);
  expect(office.output).not.toContain('anna is off');
  office.switchOff('anna');
  await office.until('the night', () => office.nights.length === 1);
  await office.end();
});

test('the window, with people at work who stay there', async () => {
  await openOffice();
  const minutes = (shift: number) => {
    const time = new Date(Date.now() + shift * 60_000);
    return `${time.getUTCHours()}:${String(time.getUTCMinutes()).padStart(2, '0')}`;
  };
  office.configure(sections() + rsyncJob(), {
    window: `${minutes(-30)}-${minutes(30)}`,
    'time-zone': 'UTC',
    'after-backup': 'suspend',
  });
  office.watch();
  await office.until('the night', () => office.nights.length === 1, 60);
  expect(office.nights[0]).toMatchObject({ trigger: 'window', outcome: 'done' });
  await office.until('the next look', () => office.state?.said?.key === 'nightshift.wait.done');
  expect(office.isOn('nas2')).toBe(false);
  expect(office.recorded).toEqual([]);
  await office.end();
});

test('the power fails in mid-job: after the restart the night is made up for', async () => {
  await openOffice();
  office.configure(sections() + rsyncJob('options = --bwlimit=50\n'), { 'after-backup': 'shutdown' });
  writeFileSync(office.file('source', 'large'), Buffer.alloc(5_000_000, 1));
  office.watch();
  await everybodyGoesHome();
  await office.until('the job', () =>
    office.commands('nas2').some((line) => line.startsWith('rsync --server')),
  );
  expect(office.state?.running?.jobs).toMatchObject([{ name: 'documents', state: 'running' }]);
  await office.end('SIGKILL');
  rmSync(office.file('source', 'large'));
  office.watch();
  await office.until('the end', () => office.recorded.some((line) => line.startsWith('systemctl')), 90);
  expect(office.nights.map(({ outcome }) => outcome)).toEqual(['died', 'done']);
  expect(readFileSync(office.file('copy', 'letter.txt'), 'utf8')).toBe('Dear Sir');
  // It is remembered that the backup computer was off before.
  expect(office.commands('nas2').at(-1)).toBe('systemctl poweroff');
  expect(office.recorded.at(-1)).toBe('systemctl --check-inhibitors=yes poweroff');
  await office.end();
}, 150_000);

describe('nobody is disturbed', () => {
  test('the countdown is stopped by hand', async () => {
    office.configure('[JOB sync]\nkind = command\ncommand = /bin/true\n', {
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
    office.configure('[JOB sync]\nkind = command\ncommand = /bin/true\n', { 'after-backup': 'hibernate' });
    office.watch();
    await office.until('the refusal', () => office.output.includes('kept awake by apt (upgrading)'));
    expect(office.recorded).toEqual([]);
    rmSync(office.file('inhibitors'));
    await office.until('hibernation', () => office.recorded.length > 0);
    await office.end();
  });

  test('somebody who has logged in at the backup computer keeps it on', async () => {
    await openOffice();
    writeFileSync(office.file('nas2', 'who'), 'anna     tty1         2026-11-21 09:12   .          4711\n');
    office.configure(sections() + rsyncJob());
    office.watch('--now');
    expect(await office.whenEnded()).toBe(0);
    expect(office.output).toContain('Somebody is logged in at nas2');
    expect(office.commands('nas2')).not.toContain('systemctl poweroff');
  });

  test('a backup computer that was on stays on', async () => {
    await openOffice();
    office.switchOn('nas2');
    office.configure(sections() + rsyncJob());
    office.watch('--now');
    expect(await office.whenEnded()).toBe(0);
    expect(office.packets('nas2')).toEqual([]);
    expect(office.isOn('nas2')).toBe(true);
  });
});

describe('hostile hosts', () => {
  test('an unknown host key is refused, with the remedy', async () => {
    await openOffice({ isKnown: false });
    office.configure(sections() + rsyncJob());
    office.watch('--now');
    expect(await office.whenEnded()).toBe(76);
    expect(office.output).toContain('The host key of nas2 is not known, so nothing was sent there');
    expect(office.output).toContain(
      `ssh -o UserKnownHostsFile=${office.file('known_hosts')} -p 22 root@10.77.2.14`,
    );
    expect(office.commands('nas2')).toEqual([]);
  });

  test('a computer in whose place another one answers gets nothing', async () => {
    await openOffice();
    const known = readFileSync(office.file('known_hosts'), 'utf8');
    const other = readFileSync(`${office.file('id')}.pub`, 'utf8').split(' ')[1];
    writeFileSync(office.file('known_hosts'), known.replace(/AAAA\S+/, String(other)));
    office.configure(sections() + rsyncJob());
    office.watch('--now');
    expect(await office.whenEnded()).toBe(76);
    expect(office.output).toContain('nas2 has another host key than before');
    expect(office.commands('nas2')).toEqual([]);
  });

  test('what a computer says of its time is no number: it is unknown, not obeyed', async () => {
    await openOffice();
    writeFileSync(office.file('nas2', 'time'), '1700000000; reboot\n\x1b[2J');
    office.configure(sections() + rsyncJob());
    office.watch('--now');
    expect(await office.whenEnded()).toBe(0);
    expect(office.nights[0]?.warnings).toMatchObject([{ key: 'nightshift.clock-unknown' }]);
  });
});

test('where ping is filtered, a port tells that somebody is there', async () => {
  await openOffice();
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
  office.configure(`${sections()}[JOB sync]\nkind = command\ncommand = /bin/true\n`);
  office.switchOn('anna');
  office.watch();
  await office.until('the first look', () => office.state?.computers.anna?.online === true);
  expect(office.plugback('nightshift')).toMatchObject({ exitCode: 73 });
  expect(office.plugback('nightshift', '--now').stdout).toContain('begins the backup within a few seconds');
  await office.until('the night', () => office.nights.length === 1);
  expect(office.nights[0]).toMatchObject({ trigger: 'by-hand', outcome: 'done' });
  await office.end();
});

test('250 addresses are asked in less than three seconds', async () => {
  const computers = Array.from(
    { length: 250 },
    (_, index) => `[COMPUTER pc${index}]\nip = 10.77.1.${index + 2}\n`,
  );
  office.switchOn('anna');
  office.configure(computers.join(''));
  const { stdout } = office.plugback('nightshift', '--dry-run', '--json');
  const { online, lookMs } = JSON.parse(stdout) as { online: string[]; lookMs: number };
  console.log(`250 addresses, all but one silent: ${lookMs} ms`);
  expect(online).toEqual(['pc9']);
  expect(lookMs).toBeLessThan(3000);
});

test('a night watch that only watches is small and idle', async () => {
  office.configure(sections() + rsyncJob(), { 'check-every-seconds': 60, 'offline-minutes': 60 });
  office.switchOn('anna');
  office.watch();
  await office.until('the first look', () => office.state?.said != null);
  const { pid } = office.nightshift ?? {};
  const ticks = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    // User and system time, its own and that of the pings it has waited for (proc(5)); 100 ticks are a second.
    return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0);
  };
  // After the start itself has been digested: from one look to the next and over the one after it.
  const lookedAt = () => office.state?.lookedAt ?? 0;
  const first = lookedAt();
  await office.until('the second look', () => lookedAt() > first, 90);
  const [from, before] = [performance.now(), ticks()];
  const second = lookedAt();
  await office.until('the third look', () => lookedAt() > second, 90);
  const percent = (ticks() - before) / ((performance.now() - from) / 1000);
  const rssMb = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000;
  console.log(`idle: ${percent.toFixed(2)} % of a processor, ${rssMb.toFixed(0)} MB`);
  expect(percent).toBeLessThan(0.1);
  expect(rssMb).toBeLessThan(80);
}, 240_000);
