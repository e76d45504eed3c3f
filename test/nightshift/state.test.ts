/** What is remembered: written whole, read with care, never evaluated. And the older NightShift's list of computers. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { decodeText } from '../../src/config/encoding.ts';
import { checkConfig } from '../../src/config/load.ts';
import { createTranslator, sentence } from '../../src/messages/translator.ts';
import { readComputers, renderSections } from '../../src/nightshift/import-computers.ts';
import { nightLetter } from '../../src/nightshift/report.ts';
import {
  appendNight,
  completedByHistory,
  freshState,
  isNightshiftState,
  type NightDocument,
  readNights,
  readNightshift,
  readNightshiftNow,
  writeNightshift,
} from '../../src/status/nightshift.ts';
import { sayNightshift } from '../../src/status/nightshift-view.ts';
import { identifyProcess } from '../../src/system/process-identity.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();

const night: NightDocument = {
  id: '20261121-190500',
  night: '2026-11-21',
  trigger: 'all-gone',
  startedAt: '2026-11-21T19:05:00.000Z',
  finishedAt: '2026-11-21T20:05:00.000Z',
  jobs: [
    {
      name: 'documents',
      state: 'failed',
      startedAt: '2026-11-21T19:06:00.000Z',
      finishedAt: '2026-11-21T20:05:00.000Z',
      attempts: 2,
      exitCode: 1,
      error: { code: 'job-failed', details: { job: 'documents', kind: 'command', exitCode: 1, count: 2 } },
    },
  ],
  clocks: [{ computer: 'nas2', beforeMs: -1_200_000, afterMs: 12 }],
  woken: ['nas2'],
  warnings: [sentence('nightshift.clock-unknown', { name: 'pc' })],
  outcome: 'failed',
};

const state = {
  ...freshState(),
  process: identifyProcess('/proc', 'self'),
  computers: { pc: { online: true, since: 1, lastSeenAt: 2, misses: 0, firstMissAt: null } },
  doneNight: '2026-11-20',
  running: { ...night, outcome: null, finishedAt: null },
  said: sentence('nightshift.wait.done', { night: '2026-11-20' }),
};

test('what is written comes back, and nothing else is left behind', () => {
  writeNightshift(folder('nightshift.json'), state);
  expect(readNightshift(folder('nightshift.json'))).toEqual(state);
  expect(readdirSync(folder())).toEqual(['nightshift.json']);
});

test('every way in which the file can be wrong is no state', () => {
  const file = folder('nightshift.json');
  writeNightshift(file, state);
  const text = readFileSync(file, 'utf8');
  for (const wrong of [
    '',
    '{',
    'null',
    '[]',
    '"x"',
    text.slice(0, -1),
    text.replace('"version":1', '"version":2'),
  ]) {
    writeFileSync(file, wrong);
    expect(readNightshift(file)).toBeNull();
  }
  expect(readNightshift(folder('missing'))).toBeNull();
  // Each value in turn is of another kind.
  for (const key of Object.keys(state)) {
    for (const value of [[{}], 'import("x")', { key: 1 }, -1, true]) {
      const changed = { ...state, [key]: value };
      const isSame = JSON.stringify(changed) === text;
      if (['lookedAt', 'watchedSince', 'wokenAt'].includes(key) && value === -1) continue;
      expect(
        isSame || !isNightshiftState(changed) || (key === 'sleepsAt' && typeof value === 'string'),
        `${key} ${JSON.stringify(value)}`,
      ).toBe(true);
    }
  }
  expect(
    isNightshiftState({ ...state, computers: { pc: { ...state.computers.pc, misses: Number.NaN } } }),
  ).toBe(false);
  // What looks like a time and is none would end each start, for ever.
  for (const wrong of [
    { lookedAt: 1e300 },
    { doneNight: '2026-13-45' },
    { sleepsAt: 'soon' },
    { running: { ...night, startedAt: 'yesterday' } },
    { running: { ...night, night: '0000-99-99' } },
    { computers: { pc: { ...state.computers.pc, since: -1e16 } } },
  ])
    expect(isNightshiftState({ ...state, ...wrong }), JSON.stringify(wrong)).toBe(false);
});

test('a night watch that died is neither running nor counting down', () => {
  const file = folder('nightshift.json');
  const counting = { ...state, sleepsAt: '2026-11-21T20:06:00.000Z' };
  writeNightshift(file, counting);
  expect(readNightshiftNow(file, '/proc', 0)).toMatchObject({
    isRunning: true,
    state: { sleepsAt: counting.sleepsAt },
  });
  writeNightshift(file, { ...counting, process: { pid: 1, startTicks: '1', bootId: 'x' } });
  expect(readNightshiftNow(file, '/proc', 0)).toMatchObject({
    isRunning: false,
    // It has not vanished either.
    cutOff: { id: night.id },
    state: { running: null, sleepsAt: null },
  });
});

test('a state that was lost or not written is completed by the history', async () => {
  const file = folder('nightshift.jsonl');
  const complete = (from: typeof state | ReturnType<typeof freshState>, tonight = '2026-11-22') =>
    completedByHistory(from, file, tonight);
  expect(complete(freshState())).toEqual(freshState());
  await appendNight(file, night);
  await appendNight(file, { ...night, id: 'cut', night: '2026-11-22', outcome: 'died' });
  expect(complete(freshState())).toMatchObject({ doneNight: '2026-11-21', restedNight: '2026-11-21' });
  // The disk was full when the night ended, and the state still tells of its beginning.
  expect(complete(state)).toMatchObject({ doneNight: '2026-11-21', running: null });
  const newer = { ...freshState(), doneNight: '2026-11-21', restedNight: null };
  expect(complete(newer)).toBe(newer);
  expect(complete(freshState(), '2026-11-20').doneNight).toBeNull();
});

test('nights are kept line by line; a broken line spoils nothing but itself', async () => {
  const file = folder('state', 'nightshift.jsonl');
  await appendNight(file, night);
  writeFileSync(file, `${readFileSync(file, 'utf8')}{"id":"half`);
  await appendNight(file, { ...night, id: 'second' });
  expect((await readNights(file, 10)).map(({ id }) => id)).toEqual(['second', night.id]);
  expect(await readNights(file, 1)).toHaveLength(1);
  expect(await readNights(folder('missing'), 9)).toEqual([]);
});

test('the terminal and the page say what it does, who is there, and what the nights did', () => {
  const said = sayNightshift({ state, isRunning: true, cutOff: null, nights: [night] });
  const { sayAgain } = createTranslator('en');
  expect(said.now.map(sayAgain)).toEqual(['The backup of the night of 21 Nov 2026 is running.']);
  expect(said.computers.map(({ said: { key } }) => key)).toEqual(['nightshift.computer']);
  expect(said.nights).toMatchObject([{ outcome: 'failed', problems: [{ code: 'job-failed' }] }]);
  expect(sayNightshift({ state, isRunning: false, cutOff: null, nights: [] })).toMatchObject({
    now: [{ key: 'nightshift.off' }],
    computers: [],
  });
});

test('the mail’s subject tells how it ended, its text what to do', () => {
  const context = {
    mail: { sysops: ['office@example.com'], cc: [] },
    translator: createTranslator('en'),
    host: 'atlantis',
    logFilePath: '/var/log/plugback/nightshift.log',
  };
  const letter = nightLetter(night, context);
  expect(letter.subject).toBe('Night backup on atlantis: 1 of 1 job FAILED');
  expect(letter.tone).toBe('bad');
  expect(letter.text.join('\n')).toContain('The job “documents” failed (exit code 1), tried 2 times.');
  expect(letter.text.join('\n')).toContain('The clock of nas2 differed by −20 min, now by 0 s.');
  expect(letter.attachments).toHaveLength(1);
  expect(letter.text[0]).toBe(letter.subject);
  const jobs = night.jobs.map((job) => ({
    ...job,
    error: { code: 'interrupted' as const, details: { signal: 'SIGTERM' } },
  }));
  const stopped = nightLetter({ ...night, outcome: 'stopped', jobs }, context);
  expect(stopped.text.join('\n')).toContain('documents: stopped, 59 min\n\n');
  const good = nightLetter({ ...night, outcome: 'done', warnings: [], jobs: [] }, context);
  expect(good).toMatchObject({ tone: 'good', attachments: [] });
  const german = nightLetter(
    { ...night, outcome: 'died' },
    { ...context, translator: createTranslator('de') },
  );
  expect(german.subject).toBe('Nachtsicherung auf atlantis: ABGERISSEN');
});

describe('Computers.txt', () => {
  const file = [
    'MAC\tIP\tUser\tServer\tTimesrc',
    '00-1B-21-3C-4D-5E\t192.168.1.11\tanna\t192.168.1.1\t0',
    '00:1b:21:3c:4d:5f, 001B213C4D60\t192.168.2.20,192.168.3.20\tOFFICE\\backup\t192.168.2.1\t1',
    '# a comment',
    '00:1b:21:3c:4d:61\t192.168.1.12\tanna\t\tno',
    '',
  ].join('\r\n');

  test('is read as it is', () => {
    const { computers, problems } = readComputers(file);
    expect(problems).toEqual([]);
    expect(computers).toEqual([
      {
        name: 'anna',
        macs: ['00:1b:21:3c:4d:5e'],
        ips: ['192.168.1.11'],
        user: 'anna',
        interface: '192.168.1.1',
        timeSource: false,
      },
      {
        name: 'backup',
        macs: ['00:1b:21:3c:4d:5f', '00:1b:21:3c:4d:60'],
        ips: ['192.168.2.20', '192.168.3.20'],
        user: 'OFFICE\\backup',
        interface: '192.168.2.1',
        timeSource: true,
      },
      {
        name: 'PC 192.168.1.12',
        macs: ['00:1b:21:3c:4d:61'],
        ips: ['192.168.1.12'],
        user: 'anna',
        interface: null,
        timeSource: false,
      },
    ]);
  });

  test('its sections load without a mistake and mean the same', () => {
    const { computers } = readComputers(file);
    const { nightshift } = checkConfig(
      Buffer.from(renderSections(computers)),
      '/c',
      {},
      { platform: 'posix' },
    );
    expect(nightshift?.computers).toMatchObject(computers);
  });

  test('what could not be used is told, and the computer stays', () => {
    const { computers, notes } = readComputers('001b213c4d5e\t10.0.0.1\tkäthe müller\tNAS-PC\t1');
    expect(computers).toMatchObject([{ name: 'käthe müller', user: null, interface: null }]);
    expect(notes).toMatchObject([
      { key: 'nightshift.import.no-user', details: { line: 1, value: 'käthe müller' } },
      { key: 'nightshift.import.no-server', details: { line: 1, value: 'NAS-PC' } },
    ]);
    expect(readComputers(file).notes).toEqual([]);
  });

  test('needs no headings, and knows columns by their names', () => {
    expect(readComputers('001b213c4d5e\t10.0.0.1\tanna').computers).toMatchObject([
      { name: 'anna', ips: ['10.0.0.1'] },
    ]);
    expect(readComputers('IP\tName\tMAC\n10.0.0.1\tNAS\t001b213c4d5e').computers).toMatchObject([
      { name: 'NAS', macs: ['00:1b:21:3c:4d:5e'] },
    ]);
  });

  test.each([
    ['a mark of the byte order', `\ufeff${file}`],
    ['as Notepad saves “Unicode”', decodeText(Buffer.from(`\ufeff${file}`, 'utf16le')).text],
    ['quotes and blanks', file.replaceAll('192.168.1.11', '" 192.168.1.11 "')],
  ])('%s changes nothing', (_what, text) => {
    expect(readComputers(text)).toEqual(readComputers(file));
  });

  test('what is no address of one computer, or of one card, is told', () => {
    const lines = [
      '01005e000001\t10.0.0.1',
      '001b213c4d5e\t10.0.0.1\0',
      '\t224.0.0.1',
      '\t127.0.0.1',
      '\tfe80::1%eth0',
    ];
    const { computers, problems } = readComputers(`${lines.join('\n')}\nconstructor\t__proto__\n`);
    expect(computers).toEqual([]);
    expect(problems).toHaveLength(lines.length + 1);
  });

  test('what is no computer is told with its line, and nothing hostile gets into a section', () => {
    const hostile = 'x\t10.0.0.1\ta\n001b213c4d5e\tserver\ta\n001b213c4d5f\t10.0.0.2\ta]\x1b[2J\t$(id)\n';
    const { computers, problems } = readComputers(hostile);
    expect(problems.map(({ details }) => details)).toEqual([
      { line: 1, value: 'x' },
      { line: 2, value: 'server' },
    ]);
    expect(renderSections(computers)).toBe(
      '[COMPUTER PC 10.0.0.2]\nmac = 00:1b:21:3c:4d:5f\nip = 10.0.0.2\n',
    );
  });
});

test('small words: at once, the date of a clock that is wrong by days, the window in its own time zone', () => {
  const [en, de] = [createTranslator('en'), createTranslator('de')];
  const again = { job: 'papers', exitCode: 1, minutes: 0 };
  expect(en.say('nightshift.job-again', again)).toMatch(/It is tried again at once\.$/);
  expect(de.say('nightshift.job-again', again)).toMatch(/Sofort folgt der nächste Versuch\.$/);

  const clock = { name: 'nas2', before: -800_000_000, after: 0 };
  expect(en.say('nightshift.clock', clock)).toContain('differed by −9,259 days');
  expect(de.say('nightshift.clock', clock)).toContain('um −9.259 Tage ab');
  const apart = { name: 'nas2', seconds: 800_000_000, limitSeconds: 60, shows: '2001-07-17T12:00:00.000Z' };
  expect(en.problem('clocks-apart', apart).problem).toContain('shows 17 Jul 2001');

  const until = '2026-11-22T04:00:00.000Z';
  for (const [zone, time] of [
    ['Europe/Berlin', '05:00'],
    ['Asia/Tokyo', '13:00'],
  ] as const)
    expect(en.say('nightshift.why.window', { night: '2026-11-21', until, zone })).toContain(`until ${time},`);
});
