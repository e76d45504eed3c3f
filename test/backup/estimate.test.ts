import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { complaints, estimateCopy } from '../../src/backup/estimate.ts';
import { createTranslator, type SentenceKey } from '../../src/messages/translator.ts';
import { RunRecorder } from '../../src/status/recorder.ts';
import type { CopyRequest } from '../../src/system/rsync.ts';
import type { RunOptions } from '../../src/system/run.ts';
import { type Answer, fakeRunner, fakeSystem } from '../fakes.ts';
import { cut, fixture, seededRandom } from '../fixtures.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
let request: CopyRequest;

beforeEach(async () => {
  await mkdir(folder('disk'));
  await mkdir(folder('source'));
  request = {
    source: `${folder('source')}/`,
    destination: folder('disk'),
    fsType: 'ext4',
    sourceFsType: 'ext4',
    exactTimes: false,
    ownPaths: [],
    atDiskRoot: true,
    excludesFile: null,
    userOptions: [],
  };
});

/** The statistics of a dry run. */
function dryRun(
  numbers: Partial<Record<'changes' | 'files' | 'bytes' | 'created' | 'deletes' | 'total', number>>,
): string {
  return [
    ...Array.from({ length: numbers.changes ?? 1 }, () => '>f+++++++++'),
    '',
    `Number of files: ${numbers.total ?? 1000} (reg: 900, dir: 100)`,
    `Number of created files: ${numbers.created ?? 0}`,
    `Number of deleted files: ${numbers.deletes ?? 0}`,
    `Number of regular files transferred: ${numbers.files ?? 0}`,
    `Total transferred file size: ${numbers.bytes ?? 0} bytes`,
    '',
  ].join('\n');
}

interface Ends {
  dryRun: string;
  detail?: string;
  /** How the programs end. */
  end?: Answer;
}

interface Settings {
  maxDeletePercent?: number;
  allowDeletes?: boolean;
  rsyncLogFile?: string;
}

function estimate(ends: Ends, settings: Settings = {}) {
  const random = seededRandom(4);
  const asked: string[] = [];
  const rsync = async (text: string, onStdout: RunOptions['onStdout']): Promise<Answer> => {
    for (const piece of cut(text, random)) await onStdout?.(piece);
    return ends.end ?? {};
  };
  const runner = fakeRunner((line, options) => {
    const isDetail = asked.includes('dry run');
    asked.push(isDetail ? 'detail' : 'dry run');
    const text = isDetail ? ends.detail : ends.dryRun;
    return text !== undefined && line.startsWith('rsync ') ? rsync(text, options.onStdout) : undefined;
  });
  const system = fakeSystem({ runner });
  const recorder = new RunRecorder('run', system.clock, createTranslator('en'), []);
  const context = { system, recorder, signal: new AbortController().signal };
  const said: SentenceKey[] = [];
  const say = (key: SentenceKey, ..._details: unknown[]): void => {
    said.push(key);
  };
  const all = {
    request,
    rsyncLogFile: null,
    maxDeletePercent: 25,
    allowDeletes: false,
    isResumed: false,
    inFlightBytes: 0,
    ...settings,
  };
  return { result: estimateCopy(all, context, { info: say, warn: say }), asked, said, recorder };
}

/** Far more than any disk that tests run on has free. */
const huge = 1e18;

describe('the estimate', () => {
  test('of the captured dry run: what would be copied and deleted, for status and mail', async () => {
    const { result, recorder, asked } = estimate(
      { dryRun: fixture('rsync-dry-run.txt') },
      { maxDeletePercent: 100 },
    );
    expect(await result).toMatchObject({
      request,
      stats: { changes: 24, files: 14, bytes: 5_342_921, created: 16, deletes: 5, total: 22 },
      deleteFirst: false,
    });
    expect(recorder.document.estimate).toEqual({ files: 14, bytes: 5_342_921, deletes: 5 });
    expect(recorder.document.sizeBytes).toBeGreaterThan(0);
    expect(asked).toEqual(['dry run']);
  });

  test('nothing to do, only attributes, a first copy: each is said', async () => {
    const cases: [Ends, string[]][] = [
      [{ dryRun: dryRun({ changes: 0 }) }, ['estimate.running', 'estimate.done', 'estimate.nothing']],
      [{ dryRun: dryRun({ changes: 3 }) }, ['estimate.running', 'estimate.done', 'estimate.attributes']],
      [
        { dryRun: dryRun({ files: 900, bytes: 10, created: 999 }) },
        ['estimate.running', 'estimate.first-copy', 'estimate.done'],
      ],
      [{ dryRun: dryRun({ files: 9, bytes: 10, created: 9 }) }, ['estimate.running', 'estimate.done']],
      [{ dryRun: dryRun({ deletes: 1 }) }, ['estimate.running', 'estimate.done']],
    ];
    for (const [ends, expected] of cases) {
      const { result, said } = estimate(ends);
      await result;
      expect(said).toEqual(expected);
    }
  });

  test('too many deletions are refused, and the figures stay in the status', async () => {
    const { result, recorder } = estimate({ dryRun: dryRun({ deletes: 600, total: 400 }) });
    await expect(result).rejects.toMatchObject({
      code: 'too-many-deletions',
      details: { deletes: 600, files: 1000, percent: 60, limit: 25 },
    });
    expect(recorder.document.estimate?.deletes).toBe(600);
    const meant = estimate({ dryRun: dryRun({ deletes: 600, total: 400 }) }, { allowDeletes: true });
    await meant.result;
  });

  test('files that cannot be read, or vanished, do not stop the estimate: the copy will tell', async () => {
    for (const exitCode of [23, 24]) {
      await estimate({ dryRun: dryRun({}), end: { exitCode } }).result;
    }
  });

  test.each([
    [1, 'usage'],
    [11, 'input-output'],
    [12, 'protocol'],
    [22, 'out-of-memory'],
    [null, 'killed'],
  ])('rsync ends with %s: failed, with its words', async (exitCode, meaning) => {
    const stderr =
      'rsync: --nonsense: unknown option\nrsync error: syntax or usage error (code 1) at main.c(1795)\n';
    const { result } = estimate({ dryRun: '', end: { exitCode, stderr } });
    await expect(result).rejects.toMatchObject({
      code: 'estimate-failed',
      details: { exitCode, meaning, lines: ['rsync: --nonsense: unknown option'] },
    });
  });
});

describe('a disk with a filesystem of another system', () => {
  test('what it cannot hold is said once, what is skipped is none of its files', async () => {
    request = { ...request, fsType: 'exfat' };
    const skipped = Array.from({ length: 9 }, (_, number) => `skipping non-regular file "link ${number}"\n`);
    const { result, said } = estimate({ dryRun: skipped.join('') + dryRun({ changes: 0, total: 1000 }) });
    expect(await result).toMatchObject({ stats: { total: 991, changes: 0 }, losses: { skipped: 9 } });
    expect(said).toEqual(['estimate.running', 'warn.filesystem-limits', 'estimate.done', 'estimate.nothing']);
  });

  test('a file that is too large for it is refused', async () => {
    request = { ...request, fsType: 'vfat' };
    const { result, said } = estimate({ dryRun: `>f+++++++++ ${2 ** 32} Server.vbk\n${dryRun({})}` });
    await expect(result).rejects.toMatchObject({ code: 'file-too-large', details: { name: 'Server.vbk' } });
    expect(said).toEqual(['estimate.running', 'warn.filesystem-limits']);
  });

  test('the list of changes holds changes, and not what stays as it is', async () => {
    request = { ...request, fsType: 'exfat' };
    const rsyncLogFile = folder('rsync.log');
    const text = `skipping non-regular file "x"\n.f          2 same\n${dryRun({ changes: 2 })}`;
    await estimate({ dryRun: text }, { rsyncLogFile }).result;
    expect(await readFile(rsyncLogFile, 'utf8')).not.toMatch(/same|skipping/);
  });

  test('holes fill up on it, so a sparse file needs its whole size', async () => {
    await writeFile(folder('source/sparse'), 'x');
    await truncate(folder('source/sparse'), 10_000_000);
    const detail = `>f+++++++++ ${huge} sparse\n`;
    const asked = (fsType: string) => {
      request = { ...request, fsType };
      return estimate({ dryRun: dryRun({ files: 1, bytes: huge }), detail }).result;
    };
    expect(await asked('ext4')).toMatchObject({ deleteFirst: false });
    for (const fsType of ['vfat', 'exfat', 'ntfs'])
      await expect(asked(fsType)).rejects.toMatchObject({ code: 'not-enough-space' });
  });
});

describe('where space is short, each change is measured', () => {
  test('sparse and changed files count with what they occupy', async () => {
    await writeFile(folder('source/large.vbk'), 'x'.repeat(10_000));
    await writeFile(folder('disk/large.vbk'), 'x'.repeat(5_000));
    const detail = [`>f.s....... ${huge} large.vbk`, `cd+++++++++ 4096 folder/`, ''].join('\n');
    const { result, asked } = estimate({ dryRun: dryRun({ files: 1, bytes: huge }), detail });
    expect(await result).toMatchObject({ deleteFirst: false });
    expect(asked).toEqual(['dry run', 'detail']);
  });

  test('what is not there to be measured counts as large as rsync says', async () => {
    const { result } = estimate({
      dryRun: dryRun({ files: 1, bytes: huge }),
      detail: `>f+++++++++ ${huge} gone.vbk\n`,
    });
    await expect(result).rejects.toMatchObject({ code: 'not-enough-space' });
  });

  test('blocks say nothing where the source compresses', async () => {
    await writeFile(folder('source/a'), 'x');
    request = { ...request, sourceFsType: 'btrfs' };
    const { result } = estimate({
      dryRun: dryRun({ files: 1, bytes: huge }),
      detail: `>f+++++++++ ${huge} a\n`,
    });
    await expect(result).rejects.toMatchObject({ code: 'not-enough-space' });
  });

  test('the folder itself: names begin with its own', async () => {
    request = { ...request, source: folder('source'), atDiskRoot: false };
    await writeFile(folder('source/a'), 'x');
    const { result } = estimate({
      dryRun: dryRun({ files: 1, bytes: huge }),
      detail: `>f+++++++++ ${huge} source/a\n`,
    });
    expect(await result).toMatchObject({ deleteFirst: false });
  });

  test('names that are no text, in both of their forms', async () => {
    const name = Buffer.concat([Buffer.from(folder('source/inv')), Buffer.from([0xff, 0x0a])]);
    await writeFile(name, 'x');
    const { result } = estimate({
      dryRun: dryRun({ files: 1, bytes: huge }),
      detail: `>f+++++++++ ${huge} inv\\#377\\#012\n`,
    });
    expect(await result).toMatchObject({ deleteFirst: false });
  });
});

test('rsync’s complaints: the first three, without its summary', () => {
  const stderr = `
rsync: [sender] send_files failed to open "/srv/a": Permission denied (13)
rsync: [sender] send_files failed to open "/srv/b": Permission denied (13)

file has vanished: "/srv/c"
rsync: [sender] send_files failed to open "/srv/d": Permission denied (13)
rsync error: some files/attrs were not transferred (see previous errors) (code 23) at main.c(1338) [sender=3.5.0]
`;
  expect(complaints(stderr)).toEqual([
    'rsync: [sender] send_files failed to open "/srv/a": Permission denied (13)',
    'rsync: [sender] send_files failed to open "/srv/b": Permission denied (13)',
    'file has vanished: "/srv/c"',
  ]);
  expect(complaints('')).toEqual([]);
});

test('excludes that leave nothing of the source are refused, and never taken for a complete copy', async () => {
  const { result } = estimate({ dryRun: dryRun({ changes: 0, total: 1 }) });
  await expect(result).rejects.toMatchObject({ code: 'everything-excluded', exitCode: 76 });
});

describe('holes', () => {
  test('are kept where a large file to be copied has some', async () => {
    await writeFile(folder('source', 'disk.img'), 'x');
    await truncate(folder('source', 'disk.img'), 1_000_000);
    const { result } = estimate({
      dryRun: `>f+++++++++ 1000000 disk.img\n${dryRun({ files: 1, bytes: 1_000_000 })}`,
    });
    expect(await result).toMatchObject({ sparse: true });
  });

  test('cost nothing where none has', async () => {
    await writeFile(folder('source', 'full.vbk'), Buffer.alloc(1_000_000, 1));
    const { result } = estimate({
      dryRun: `>f+++++++++ 1000000 full.vbk\n${dryRun({ files: 1, bytes: 1_000_000 })}`,
    });
    expect(await result).toMatchObject({ sparse: false });
  });
});

describe('the list of changes', () => {
  test('names them all at the head of rsync’s log, the last run’s moved aside', async () => {
    const rsyncLogFile = folder('rsync.log');
    await writeFile(rsyncLogFile, 'the last run');
    const changes = '>f+++++++++ 12 a.docx\n*deleting   7 b.docx\n';
    await estimate({ dryRun: changes + dryRun({ changes: 0 }) }, { rsyncLogFile }).result;
    const text = await readFile(rsyncLogFile, 'utf8');
    expect(text).toMatch(/^# What this run changes .*\n>f/);
    expect(text).toContain(changes);
    expect(await readFile(`${rsyncLogFile}.1`, 'utf8')).toBe('the last run');
  });

  test('is there when a guard refuses, because then it matters most', async () => {
    const rsyncLogFile = folder('rsync.log');
    const changes = '*deleting   7 b.docx\n';
    const { result } = estimate({ dryRun: changes + dryRun({ changes: 0, deletes: 900 }) }, { rsyncLogFile });
    await expect(result).rejects.toMatchObject({ code: 'too-many-deletions' });
    expect(await readFile(rsyncLogFile, 'utf8')).toContain(changes);
  });

  test('is not begun by a run that changes nothing', async () => {
    await estimate({ dryRun: dryRun({ changes: 0 }) }, { rsyncLogFile: folder('rsync.log') }).result;
    expect(await readdir(folder())).toEqual(['disk', 'source']);
  });

  test('cannot be written: a warning, and the estimate goes on', async () => {
    await writeFile(folder('file'), '');
    const { result, said } = estimate(
      { dryRun: dryRun({ changes: 1 }) },
      { rsyncLogFile: folder('file', 'rsync.log') },
    );
    expect(await result).toMatchObject({ stats: { changes: 1 } });
    expect(said.filter((key) => key === 'warn.rsync-log')).toHaveLength(1);
  });
});
