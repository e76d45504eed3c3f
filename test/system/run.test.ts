import { execFileSync } from 'node:child_process';
import { access, readFile, writeFile } from 'node:fs/promises';
import { constants, getPriority, setPriority } from 'node:os';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { PlugbackError } from '../../src/errors.ts';
import { identifyProcess } from '../../src/system/process-identity.ts';
import { createRunner, type RunOptions, startDetached, verifyStarted } from '../../src/system/run.ts';
import { waitFor } from '../disk/command.ts';
import { useFolder } from '../folder.ts';
import { buildProgram, type Program } from '../program.ts';

// Programs that need no rights are run as they are, whoever runs the tests.
const runner = createRunner(true);
const folder = useFolder();

function sh(script: string, options?: RunOptions) {
  return runner.run(['sh', '-c', script], options);
}

describe('a program', () => {
  test('its output, its errors, its exit code', async () => {
    expect(await sh('echo out; echo err >&2; exit 23')).toEqual({
      exitCode: 23,
      signal: null,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  test('blanks and line ends are kept, invalid bytes replaced', async () => {
    expect((await sh('printf " a \\n\\n"')).stdout).toBe(' a \n\n');
    expect((await sh('printf "x\\377y"')).stdout).toBe('x�y');
  });

  test('arguments are words, whatever is in them', async () => {
    const words = ['$(id)', 'a b', "'", '"', '*', '', '-n', 'new\nline', 'ü'];
    const { stdout } = await runner.run(['printf', '%s|', ...words]);
    expect(stdout).toBe(`${words.join('|')}|`);
  });

  test('one that is not installed is named', async () => {
    await expect(runner.run(['plugback-no-such-program'])).rejects.toMatchObject({
      code: 'program-missing',
      details: { program: 'plugback-no-such-program' },
    });
  });

  test('one that is not installed is named, also when it shall end with this process or is listened to', async () => {
    for (const options of [{ dieWithParent: 'SIGTERM' as const }, { onStdout: () => {} }]) {
      await expect(runner.run(['plugback-no-such-program'], options)).rejects.toMatchObject({
        code: 'program-missing',
        details: { program: 'plugback-no-such-program' },
      });
    }
  });

  test('a file that is no program', async () => {
    await writeFile(folder('text'), 'hello');
    await expect(runner.run([folder('text')])).rejects.toThrow(/EACCES/);
  });

  test('speaks no language but C, and finds what lies in sbin', async () => {
    const { stdout } = await sh('echo "$LC_ALL $PATH"', {});
    expect(stdout).toMatch(/^C .*\/usr\/sbin:.*\/sbin:/);
    const { stderr } = await runner.run(['ls', '/plugback-no-such-folder']);
    expect(stderr).toContain('No such file or directory');
  });

  test('reads what it is given, or nothing at all', async () => {
    const text = `${'x'.repeat(300_000)}ü\n`;
    expect((await runner.run(['cat'], { input: text })).stdout).toBe(text);
    expect((await runner.run(['cat'])).stdout).toBe('');
  });

  test('of endless complaints only the beginning is kept, and they do not end it', async () => {
    const { exitCode, stderr } = await sh('yes complaint | head -c 50000000 >&2; exit 7');
    expect(exitCode).toBe(7);
    expect(stderr.length).toBe(65_536);
    expect(stderr.startsWith('complaint\n')).toBe(true);
  });

  test('ended by a signal: no exit code', async () => {
    expect(await sh('kill -KILL $$')).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
  });

  test('is in a process group of its own, so that Ctrl-C does not reach it', async () => {
    const { stdout } = await sh('ps -o pgid= -p $$; echo $$');
    const [group, pid] = stdout.trim().split(/\s+/);
    expect(group).toBe(pid);
  });
});

describe('a program that is stopped', () => {
  test('by the signal: at once, and it may clean up', async () => {
    const stop = new AbortController();
    const running = sh(
      `trap 'echo bye > ${folder('bye')}; exit 20' TERM; echo ready; while :; do sleep 0.01; done`,
      {
        signal: stop.signal,
        onStdout: () => stop.abort(new Error('enough')),
      },
    );
    expect(await running).toMatchObject({ exitCode: 20 });
    expect(await readFile(folder('bye'), 'utf8')).toBe('bye\n');
  });

  test('when it does not listen: by force', async () => {
    const stop = new AbortController();
    const startedAt = performance.now();
    const result = await sh(`trap '' TERM; echo ready; while :; do sleep 0.01; done`, {
      signal: stop.signal,
      killAfterMs: 100,
      onStdout: () => stop.abort(),
    });
    expect(result).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  describe('with all that it has started', () => {
    const started = () =>
      readFile(folder('pid'), 'utf8').then((text) => identifyProcess('/proc', Number(text)));

    test.each([
      ['a script whose program hangs', 'sleep 600 & echo $! > PID; echo ready; wait'],
      [
        'a program that does not listen',
        `sh -c 'trap "" TERM; echo $$ > PID; echo ready; sleep 600; sleep 600' & wait`,
      ],
      ['a program whose output goes elsewhere', 'sleep 600 > OUT 2>&1 & echo $! > PID; echo ready; wait'],
      ['a program that has outlived its script', 'sleep 600 & echo $! > PID; echo ready'],
    ])('%s', async (_, script) => {
      const stop = new AbortController();
      const startedAt = performance.now();
      await sh(script.replace('PID', folder('pid')).replace('OUT', folder('out')), {
        signal: stop.signal,
        endsGroup: true,
        killAfterMs: 300,
        onStdout: () => void setTimeout(() => stop.abort(), 100),
      });
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      await waitFor('its end', async () => (await started()) === null);
    });

    test('but for what has left its group: that is not waited for', async () => {
      const stop = new AbortController();
      const startedAt = performance.now();
      await sh(`setsid sh -c 'echo $$ > ${folder('pid')}; echo ready; sleep 600' & wait`, {
        signal: stop.signal,
        endsGroup: true,
        killAfterMs: 300,
        onStdout: () => stop.abort(),
      });
      expect(performance.now() - startedAt).toBeLessThan(5_000);
      process.kill(-Number(await readFile(folder('pid'), 'utf8')), 'SIGKILL');
    });
  });

  test('by itself, and leaves one behind that holds its output: it has ended all the same', async () => {
    const startedAt = performance.now();
    const said: string[] = [];
    const end = await sh(`sleep 600 & echo $! > ${folder('pid')}; echo said; echo error >&2; exit 3`, {
      endsGroup: true,
      onStdout: (piece) => void said.push(piece),
    });
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    expect({ ...end, said }).toMatchObject({ exitCode: 3, stderr: 'error\n', said: ['said\n'] });
    // It goes on: it was meant to, or its script would have waited for it.
    process.kill(Number(await readFile(folder('pid'), 'utf8')), 'SIGKILL');
  });

  test('before it began: it never runs', async () => {
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(sh(`echo ran > ${folder('ran')}`, { signal })).rejects.toThrow('too late');
    await expect(access(folder('ran'))).rejects.toThrow(/ENOENT/);
  });

  test('when its time is over', async () => {
    expect(await sh('exec sleep 600', { timeoutMs: 50 })).toMatchObject({
      exitCode: null,
      signal: 'SIGTERM',
    });
  });
});

describe('output that is listened to', () => {
  test('comes in pieces, none of which is kept', async () => {
    const pieces: string[] = [];
    const result = await sh('i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i+1)); done; echo oh >&2', {
      onStdout: (piece) => {
        pieces.push(piece);
      },
    });
    const lines = pieces.join('').split('\n');
    expect([lines.length, lines[0], lines[1999]]).toEqual([2001, 'line 0', 'line 1999']);
    expect(result).toEqual({ exitCode: 0, signal: null, stdout: '', stderr: 'oh\n' });
  });

  test('a letter of several bytes is never cut', async () => {
    let text = '';
    await sh('printf "\\303"; sleep 0.05; printf "\\274"', {
      onStdout: (piece) => {
        text += piece;
      },
    });
    expect(text).toBe('ü');
  });

  test('a listener that takes its time holds the program up, and gets the pieces one after the other', async () => {
    const mostBytes = 64 * 1024 * 1024;
    let taken = 0;
    let isBusy = false;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const running = sh(`head -c ${mostBytes} /dev/zero; echo done > ${folder('done')}`, {
      onStdout: async (piece) => {
        expect(isBusy).toBe(false);
        isBusy = true;
        await held;
        isBusy = false;
        taken += piece.length;
      },
    });
    // A program that nobody holds up writes this much within the time that another one takes.
    await sh(`head -c ${4 * mostBytes} /dev/zero > /dev/null`);
    await expect(access(folder('done'))).rejects.toThrow(/ENOENT/);
    release();
    await running;
    expect(taken).toBe(mostBytes);
    await access(folder('done'));
  });

  test('the end is only reached when the last piece has been taken', async () => {
    const taken: string[] = [];
    await sh('printf one; sleep 0.05; printf two', {
      onStdout: async (piece) => {
        // Long enough for the program to end meanwhile.
        await sh('sleep 0.2');
        taken.push(piece);
      },
    });
    expect(taken.join('')).toBe('onetwo');
  });

  test('what a listener throws is thrown on', async () => {
    await expect(
      sh('echo x; exec sleep 600', {
        timeoutMs: 5_000,
        onStdout: () => {
          throw new Error('cannot take it');
        },
      }),
    ).rejects.toThrow('cannot take it');
  });
});

describe('a program and the death of whoever started it', () => {
  let program: Program;
  beforeAll(async () => {
    program = await buildProgram(new URL('runner-process.ts', import.meta.url));
  });
  afterAll(() => program.remove());

  test('dies as well when that was asked for', async () => {
    const parent = program.start('bound');
    const pid = Number(await parent.line());
    expect(identifyProcess('/proc', pid)).not.toBeNull();
    parent.kill('SIGKILL');
    await parent.ended;
    await expect.poll(() => identifyProcess('/proc', pid)).toBeNull();
  });

  test('lives on otherwise', async () => {
    const parent = program.start('free');
    const pid = Number(await parent.line());
    parent.kill('SIGKILL');
    await parent.ended;
    expect(identifyProcess('/proc', pid)).not.toBeNull();
    process.kill(pid);
  });
});

describe('without root’s rights', () => {
  /** What it throws for such an end; null when it takes it for the program's own. */
  function thrownFor(exitCode: number, stderr: string): unknown {
    try {
      verifyStarted('e2fsck', exitCode, stderr);
      return null;
    } catch (error) {
      const { code, details } = error as PlugbackError;
      return [code, details];
    }
  }

  test.each([
    [1, 'sudo: a password is required\n', 'no-rights'],
    [
      1,
      "Sorry, user backup is not allowed to execute '/usr/sbin/e2fsck -p /dev/sdb1' as root on office.\n",
      'no-rights',
    ],
    [1, 'Sorry, user backup may not run sudo on office.\n', 'no-rights'],
    [1, 'sudo: e2fsck: command not found\n', 'program-missing'],
    [127, 'setpriv: failed to execute e2fsck: No such file or directory\n', 'program-missing'],
  ])('%i with %j: %s', (exitCode, stderr, code) => {
    expect(thrownFor(exitCode, stderr)).toEqual([code, { program: 'e2fsck' }]);
  });

  test.each([
    [0, ''],
    [1, '/dev/sdb1: recovering journal\n'],
    [1, 'umount: /media/x: not mounted.\n'],
    [1, 'a file called sudo: a password is required\n'],
    [127, 'e2fsck: error while loading shared libraries\n'],
    [8, 'sudo: a password is required\n'],
  ])('%i with %j is the program’s own end', (exitCode, stderr) => {
    expect(thrownFor(exitCode, stderr)).toBeNull();
  });

  test('every program goes through sudo, which says when there is none of that name', async (context) => {
    try {
      execFileSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
    } catch {
      context.skip('needs sudo without a password');
    }
    const sudo = createRunner(false);
    expect((await sudo.run(['id', '-u'])).stdout).toBe('0\n');
    for (const options of [{}, { dieWithParent: 'SIGTERM' as const }]) {
      await expect(sudo.run(['plugback-no-such-program'], options)).rejects.toMatchObject({
        code: 'program-missing',
        details: { program: 'plugback-no-such-program' },
      });
    }
  });
});

describe('a program that is started and left alone', () => {
  test('leads a session of its own, so that it outlives this process; nobody waits for its end', async () => {
    const file = folder('session');
    const startedAt = performance.now();
    await startDetached([
      'sh',
      '-c',
      'cut -d " " -f 6 /proc/$$/stat > "$0.new"; echo $$ >> "$0.new"; mv "$0.new" "$0"; sleep 3',
      file,
    ]);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await expect
      .poll(() => readFile(file, 'utf8').catch(() => ''), { timeout: 3_000 })
      .toMatch(/^ *(\d+)\n\1\n$/);
  });

  test.skipIf(process.geteuid?.() !== 0)('has the usual priority, whatever this process has', async () => {
    const own = getPriority();
    onTestFinished(() => setPriority(own));
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
    const file = folder('pid');
    await startDetached(['sh', '-c', 'echo $$ > "$0.new"; mv "$0.new" "$0"; sleep 3', file]);
    const pid = Number(await waitFor('the process', () => readFile(file, 'utf8').catch(() => null)));
    expect(getPriority(pid)).toBe(constants.priority.PRIORITY_NORMAL);
  });

  test('that is not installed is named', async () => {
    await expect(startDetached(['plugback-no-such-program'])).rejects.toMatchObject({
      code: 'program-missing',
      details: { program: 'plugback-no-such-program' },
    });
  });
});
