import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { chmod, link, lstat, mkdir, open, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { createFiles, type Files } from '../../src/system/files.ts';
import { type Argv, createRunner } from '../../src/system/run.ts';
import { type Answer, fakeRunner } from '../fakes.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
// What needs no rights runs as whoever runs the tests.
const asRoot = createFiles(createRunner(true));

/** The file operations through sudo, with their programs run without it: the same files, the other code. */
const throughPrograms = createFiles({
  isRoot: false,
  run: (argv, options) => createRunner(true).run(argv, options),
});

const both: [name: string, files: Files][] = [
  ['by system calls', asRoot],
  ['by programs', throughPrograms],
];

function fifo(name: string): void {
  execFileSync('mkfifo', [folder(name)]);
}

describe.each(both)('files, %s', (_name, files) => {
  test('read: all of it, the beginning of it, or that there is none', async () => {
    await writeFile(folder('a'), 'Bücher\n');
    expect(await files.read(folder('a'))).toBe('Bücher\n');
    expect(await files.read(folder('a'), 1)).toBe('B');
    expect(await files.read(folder('b'))).toBeNull();
    expect(await files.read(folder('b/c'))).toBeNull();
    await writeFile(folder('empty'), '');
    expect(await files.read(folder('empty'))).toBe('');
  });

  test('a large file is read no further than 64 KiB', async () => {
    await writeFile(folder('large'), 'x'.repeat(70_000));
    expect((await files.read(folder('large')))?.length).toBe(65_536);
  });

  test('what is no plain file is not read: link, broken link, folder, pipe', async () => {
    await writeFile(folder('secret'), 'secret');
    await symlink(folder('secret'), folder('link'));
    await symlink(folder('nothing'), folder('broken'));
    await mkdir(folder('folder'));
    fifo('pipe');
    for (const name of ['link', 'broken', 'folder', 'pipe']) {
      await expect(files.read(folder(name)), name).rejects.toThrow();
    }
  });

  test('write: a new file, a longer and a shorter text, in the same place', async () => {
    await files.writeInPlace(folder('a'), 'first\n');
    const { ino } = await stat(folder('a'));
    await files.writeInPlace(folder('a'), 'a longer second\n');
    expect(await readFile(folder('a'), 'utf8')).toBe('a longer second\n');
    await files.writeInPlace(folder('a'), 'x');
    expect(await readFile(folder('a'), 'utf8')).toBe('x');
    expect((await stat(folder('a'))).ino).toBe(ino);
    await files.writeInPlace(folder('a'), '');
    expect(await readFile(folder('a'), 'utf8')).toBe('');
  });

  test('write: a link in the file’s place is refused, and what it leads to stays', async () => {
    await writeFile(folder('victim'), 'precious');
    await symlink(folder('victim'), folder('link'));
    await symlink(folder('not-yet'), folder('broken'));
    await expect(files.writeInPlace(folder('link'), 'evil')).rejects.toThrow();
    await expect(files.writeInPlace(folder('broken'), 'evil')).rejects.toThrow();
    expect(await readFile(folder('victim'), 'utf8')).toBe('precious');
    await expect(lstat(folder('not-yet'))).rejects.toThrow(/ENOENT/);
  });

  test('write: a pipe is refused without waiting, whether somebody reads it or not; so is a folder', async () => {
    fifo('pipe');
    await expect(files.writeInPlace(folder('pipe'), 'x')).rejects.toThrow();
    const reader = await open(folder('pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
    await expect(files.writeInPlace(folder('pipe'), 'x')).rejects.toThrow('not a plain file');
    await reader.close();
    await mkdir(folder('folder'));
    await expect(files.writeInPlace(folder('folder'), 'x')).rejects.toThrow();
  });

  test('write: no folder, no file', async () => {
    await expect(files.writeInPlace(folder('no/file'), 'x')).rejects.toThrow(/No such file|ENOENT/);
  });

  test('remove: a file, a link (not what it leads to), nothing; never a folder', async () => {
    await writeFile(folder('a'), 'x');
    await link(folder('a'), folder('same'));
    await symlink(folder('same'), folder('link'));
    expect(await files.remove(folder('a'))).toBe(true);
    expect(await files.remove(folder('link'))).toBe(true);
    expect(await files.remove(folder('a'))).toBe(false);
    expect(await readFile(folder('same'), 'utf8')).toBe('x');
    await mkdir(folder('folder'));
    await writeFile(folder('folder/a'), 'x');
    await expect(files.remove(folder('folder'))).rejects.toThrow();
    expect(await readFile(folder('folder/a'), 'utf8')).toBe('x');
  });

  test('folders: made with those above, the mode only for a new one', async () => {
    await files.makeDirectory(folder('a/b/c'), 0o000);
    expect((await stat(folder('a/b/c'))).mode & 0o777).toBe(0);
    expect((await stat(folder('a/b'))).mode & 0o777).toBe(0o755);
    await chmod(folder('a/b/c'), 0o700);
    await files.makeDirectory(folder('a/b/c'), 0o000);
    expect((await stat(folder('a/b/c'))).mode & 0o777).toBe(0o700);
  });

  test('folders: a file in its place', async () => {
    await writeFile(folder('a'), '');
    await expect(files.makeDirectory(folder('a/b'), 0o755)).rejects.toThrow();
  });

  test('list: names of every kind, no more than asked for', async () => {
    for (const name of ['new\nline', ' blank ', '-dash', 'ü']) await writeFile(folder(name), '');
    expect((await files.list(folder(), 10)).toSorted()).toEqual([' blank ', '-dash', 'new\nline', 'ü']);
    expect(await files.list(folder(), 2)).toHaveLength(2);
    await mkdir(folder('empty'));
    expect(await files.list(folder('empty'), 10)).toEqual([]);
    await expect(files.list(folder('none'), 10)).rejects.toThrow();
  });

  test('kind', async () => {
    await writeFile(folder('file'), '');
    await writeFile(folder('full'), 'x');
    await mkdir(folder('folder'));
    await symlink(folder('folder'), folder('link'));
    fifo('pipe');
    const names = ['file', 'full', 'folder', 'link', 'pipe', 'none', 'none/below'];
    expect(await Promise.all(names.map((name) => files.kind(folder(name))))).toEqual([
      'file',
      'file',
      'directory',
      'other',
      'other',
      null,
      null,
    ]);
  });

  test('a folder keeps its time, to the microsecond, whatever happens in it and however often', async () => {
    execFileSync('touch', ['--date=2026-11-21 03:12:44.123456789Z', folder()]);
    const microseconds = async (): Promise<bigint> =>
      (await stat(folder(), { bigint: true })).mtimeNs / 1000n;
    const before = await microseconds();
    expect(before % 1_000_000n).toBe(123_456n);
    for (let round = 0; round < 20; round += 1) {
      const result = await files.keepingTimeOf(folder(), async () => {
        await writeFile(folder(`file-${round}`), '');
        expect(await microseconds()).not.toBe(before);
        return round;
      });
      expect(result).toBe(round);
      expect(await microseconds()).toBe(before);
    }
  });

  test('what the body throws is thrown on', async () => {
    const failing = files.keepingTimeOf(folder(), async () => {
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
  });
});

describe('files, without root’s rights', () => {
  /** What the operation starts, with these answers in order. */
  async function started(
    answers: readonly Answer[],
    operation: (files: Files) => Promise<unknown>,
  ): Promise<Argv[]> {
    const left = [...answers];
    const runner = fakeRunner(() => left.shift(), false);
    await operation(createFiles(runner));
    expect(left).toEqual([]);
    return runner.calls;
  }
  const plain = { stdout: 'regular file\n' };
  const missing = { exitCode: 1, stderr: "stat: cannot statx '/d/m': No such file or directory\n" };

  test('read', async () => {
    expect(await started([plain, { stdout: 'x' }], (files) => files.read('/d/m', 4096))).toEqual([
      ['stat', '--format=%F', '--', '/d/m'],
      ['head', '--bytes=4096', '--', '/d/m'],
    ]);
    expect(await started([missing], (files) => files.read('/d/m'))).toEqual([
      ['stat', '--format=%F', '--', '/d/m'],
    ]);
  });

  test('write: the text on standard input', async () => {
    const inputs: unknown[] = [];
    const runner = fakeRunner((line, { input }) => {
      inputs.push(input);
      return line.startsWith('stat ') ? missing : {};
    }, false);
    await createFiles(runner).writeInPlace('/d/m', 'text');
    expect(runner.calls).toEqual([
      ['stat', '--format=%F', '--', '/d/m'],
      ['dd', 'of=/d/m', 'conv=fsync', 'status=none'],
    ]);
    expect(inputs).toEqual([undefined, 'text']);
  });

  test('remove', async () => {
    expect(await started([plain, {}], (files) => files.remove('/d/m'))).toEqual([
      ['stat', '--format=%F', '--', '/d/m'],
      ['rm', '--', '/d/m'],
    ]);
    expect(await started([missing], (files) => files.remove('/d/m'))).toHaveLength(1);
  });

  test('folders', async () => {
    expect(await started([missing, {}, {}], (files) => files.makeDirectory('/media/x', 0o000))).toEqual([
      ['stat', '--format=%F', '--', '/media/x'],
      ['mkdir', '--parents', '--', '/media/x'],
      ['chmod', '0000', '--', '/media/x'],
    ]);
    expect(
      await started([{ stdout: 'directory\n' }], (files) => files.makeDirectory('/media/x', 0)),
    ).toHaveLength(1);
  });

  test('list', async () => {
    expect(await started([{ stdout: 'a\0b\0' }], (files) => files.list('/d', 5))).toEqual([
      ['find', '/d', '-mindepth', '1', '-maxdepth', '1', '-printf', '%f\\0'],
    ]);
  });

  test('a folder’s time', async () => {
    const calls = await started([{ stdout: '1763694764.000000007\n' }, {}], (files) =>
      files.keepingTimeOf('/d', async () => {}),
    );
    expect(calls).toEqual([
      ['stat', '--format=%.9Y', '--', '/d'],
      ['touch', '--no-create', '-m', '--date=@1763694764.000000007', '--', '/d'],
    ]);
  });

  test('a folder’s time is kept to the nanosecond, also one before 1970', async () => {
    for (const date of ['2026-11-21 03:12:44.123456789Z', '@-1.250000001', '@-0.5']) {
      execFileSync('touch', [`--date=${date}`, folder()]);
      const { mtimeNs } = await stat(folder(), { bigint: true });
      await throughPrograms.keepingTimeOf(folder(), () => writeFile(folder('a'), ''));
      expect((await stat(folder(), { bigint: true })).mtimeNs, date).toBe(mtimeNs);
    }
  });

  test.each([
    ["rm: cannot remove '/d/m': Permission denied", 'EACCES'],
    ["rm: cannot remove '/d/m': Read-only file system", 'EROFS'],
    ["rm: cannot remove '/d/m': Input/output error", 'EIO'],
    ["rm: cannot remove '/d/m': No such file or directory", 'ENOENT'],
    ['rm: something else', 'EUNKNOWN'],
  ])('a failure carries the system’s code: %s', async (stderr, code) => {
    const removing = started([plain, { exitCode: 1, stderr: `${stderr}\n` }], (files) =>
      files.remove('/d/m'),
    );
    await expect(removing).rejects.toMatchObject({ code, message: stderr });
  });

  test('a program that says nothing', async () => {
    await expect(started([{ exitCode: 2 }], (files) => files.kind('/d/m'))).rejects.toThrow('exit code 2');
  });

  test('what is no plain file is not touched', async () => {
    for (const name of ['symbolic link', 'fifo', 'directory', 'block special file']) {
      const answer = [{ stdout: `${name}\n` }];
      await expect(started(answer, (files) => files.read('/d/m'))).rejects.toThrow('not a plain file');
      await expect(started(answer, (files) => files.writeInPlace('/d/m', 'x'))).rejects.toThrow(
        'not a plain file',
      );
    }
  });
});
