/** Whole nights in an office of network namespaces: real pings, magic packets, ssh, rsync and NTP; power is recorded. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Office } from './office.ts';
import { everybodyGoesHome, openOffice, rsyncJob, sections } from './scenes.ts';

let office: Office;
beforeEach(() => {
  office = new Office();
});
afterEach(() => office.remove());

test('a whole night, start to hibernation', async () => {
  await openOffice(office);
  await office.serveTime('server', 8);
  office.switchOn('server');
  await office.listenForPackets('otto', 0);
  office.configure(
    sections(office) +
      office.section('server', { mac: '', presence: 'no', 'time-source': 'yes' }) +
      rsyncJob(office, 'source = server\n'),
    { 'after-backup': 'hibernate' },
  );
  office.watch();
  await office.until('waiting', () =>
    office.output.includes('Waiting until nobody is online; now there is: anna and otto'),
  );
  expect(office.nights).toEqual([]);
  await everybodyGoesHome(office);
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
    office.commands('nas2').some((line) => line.includes("chronyd -q -t 15 'server 10.77.1.13 iburst'")),
  ).toBe(true);
  expect(office.commands('nas2').at(-1)).toBe('systemctl --check-inhibitors=yes poweroff');
  expect(office.isOn('nas2')).toBe(false);
  expect(office.recorded.at(-1)).toBe('systemctl --check-inhibitors=yes hibernate');
  expect(office.output).toContain('This machine hibernates in 2 s');
  expect(office.read('log', 'nightshift.log')).not.toContain('hibernates in 1 s');
});

test('a worker comes back in mid-job: it goes on, and nothing is switched off', async () => {
  await openOffice(office);
  office.configure(sections(office) + rsyncJob(office, 'options = --bwlimit=200\n'), {
    'after-backup': 'hibernate',
  });
  writeFileSync(office.file('source', 'large'), Buffer.alloc(1_500_000, 1));
  office.watch();
  await everybodyGoesHome(office);
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
  expect(office.commands('nas2').filter((line) => line.endsWith('poweroff'))).toHaveLength(1);
  expect(await office.end()).toBe(143);
});

test('a worker comes back in mid-job and gets the machine, where that is configured', async () => {
  await openOffice(office);
  office.configure(sections(office) + rsyncJob(office, 'options = --bwlimit=50\n'), {
    'when-somebody-comes': 'stop',
  });
  writeFileSync(office.file('source', 'large'), Buffer.alloc(5_000_000, 1));
  office.watch();
  await everybodyGoesHome(office);
  await office.until('the job', () =>
    office.commands('nas2').some((line) => line.startsWith('rsync --server')),
  );
  office.switchOn('anna');
  await office.until('the end', () => office.nights.length > 0, 60);
  expect(office.nights[0]).toMatchObject({
    outcome: 'stopped',
    warnings: [
      { key: 'nightshift.stopped-for' },
      { key: 'nightshift.made-up-for' },
      { key: 'nightshift.left-on' },
    ],
  });
  expect(office.state?.doneNight).toBeNull();
  await office.end();
});

test('a computer that does not wake: the job fails clearly', async () => {
  await openOffice(office, { bootMs: 0 });
  office.configure(sections(office) + rsyncJob(office));
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
  await openOffice(office);
  await office.serveTime('nas2', -1200);
  office.configure(sections(office) + rsyncJob(office));
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
  office.configure(`${sections(office)}[JOB sync]\nkind = command\ncommand = /bin/true\n`, {
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
  await openOffice(office);
  const minutes = (shift: number) => {
    const time = new Date(Date.now() + shift * 60_000);
    return `${time.getUTCHours()}:${String(time.getUTCMinutes()).padStart(2, '0')}`;
  };
  office.configure(sections(office) + rsyncJob(office), {
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
  await openOffice(office);
  office.configure(sections(office) + rsyncJob(office, 'options = --bwlimit=50\n'), {
    'after-backup': 'shutdown',
  });
  writeFileSync(office.file('source', 'large'), Buffer.alloc(5_000_000, 1));
  office.watch();
  await everybodyGoesHome(office);
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
  expect(office.commands('nas2').at(-1)).toBe('systemctl --check-inhibitors=yes poweroff');
  expect(office.recorded.at(-1)).toBe('systemctl --check-inhibitors=yes poweroff');
  await office.end();
}, 150_000);
