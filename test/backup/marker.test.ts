import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, rmdir, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Marker, parseMarker, renderMarker, withMarkers } from '../../src/backup/marker.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { type Line, RunRecorder } from '../../src/status/recorder.ts';
import type { Files } from '../../src/system/files.ts';
import { fakeSystem } from '../fakes.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const marker: Marker = {
  run: '20261121-031244-9f3c',
  pid: 4711,
  host: 'atlantis',
  startedAt: '2026-11-21T03:12:44.000Z',
  heartbeat: 0,
};

describe('a marker’s text', () => {
  test('is JSON with everything in it, and one line', () => {
    expect(renderMarker(marker)).toMatch(/^\{.*\}\n$/);
    expect(JSON.parse(renderMarker(marker))).toEqual(marker);
    expect(parseMarker(renderMarker({ ...marker, heartbeat: 360 }))).toEqual({ ...marker, heartbeat: 360 });
  });

  test('is of the same length as long as the run lives, so that it can be renewed in place', () => {
    const lengths = [0, 1, 9, 10, 99, 100, 8640, 99_999_999].map((heartbeat) => {
      const text = renderMarker({ ...marker, heartbeat });
      expect(JSON.parse(text).heartbeat).toBe(heartbeat);
      return Buffer.byteLength(text);
    });
    expect(new Set(lengths).size).toBe(1);
  });

  test('is whole whatever the machine is called', () => {
    for (const host of ['"heartbeat":0', '$&$1', 'Büro\n', '\\']) {
      expect(parseMarker(renderMarker({ ...marker, host, heartbeat: 7 }))).toEqual({
        ...marker,
        host,
        heartbeat: 7,
      });
    }
  });

  test.each([
    '',
    ' ',
    'x',
    '{',
    'null',
    '[]',
    '7',
    '{}',
    '{"run":"a"}',
    '{"run":1,"startedAt":"2026-11-21T03:12:44Z"}',
  ])('%j is none of ours', (text) => {
    expect(parseMarker(text)).toBeNull();
  });

  test('a time that is none makes it none of ours', () => {
    expect(parseMarker(JSON.stringify({ ...marker, startedAt: 'yesterday' }))).toBeNull();
  });
});

describe('while a copy runs', () => {
  let lines: Line[];
  beforeEach(async () => {
    lines = [];
    await mkdir(folder('disk'));
    await mkdir(folder('source'));
    await writeFile(folder('source/a.txt'), 'a');
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function places() {
    return { disk: folder('disk/.plugback.lock'), source: folder('source/.plugback.lock') };
  }

  /** Veeam, which does nothing. */
  const giveWay = { look: async () => [], wait: async () => {} };

  function run<T>(body: () => Promise<T>, where = places(), files?: Files, isDiskThere = true) {
    const usual = fakeSystem();
    const system = { ...usual, files: files ?? usual.files };
    const recorder = new RunRecorder(marker.run, system.clock, createTranslator('en'), [
      { said: (line) => lines.push(line) },
    ]);
    const { run: id, pid, host } = marker;
    const result = withMarkers(
      { isDiskThere: async () => isDiskThere, ...where },
      { run: id, pid, host },
      { system, recorder, giveWay },
      body,
    );
    return { result, recorder };
  }

  function stateOf(recorder: RunRecorder, name: 'lock' | 'unlock'): string | undefined {
    return recorder.document.steps.find((step) => step.name === name)?.state;
  }

  test('there is one on the disk and one in the source; afterwards there is none', async () => {
    const { result, recorder } = run(async () => {
      for (const place of Object.values(places())) {
        expect(parseMarker(await readFile(place, 'utf8'))).toEqual(marker);
      }
      return 7;
    });
    expect(await result).toBe(7);
    expect(await readdir(folder('disk'))).toEqual([]);
    expect(await readdir(folder('source'))).toEqual(['a.txt']);
    expect([stateOf(recorder, 'lock'), stateOf(recorder, 'unlock')]).toEqual(['done', 'done']);
    expect(recorder.document.warnings).toEqual([]);
  });

  test('the one on a disk that was pulled out stays there, the one in the source does not', async () => {
    const { result, recorder } = run(async () => {}, places(), undefined, false);
    await result;
    expect(await readdir(folder('disk'))).toEqual(['.plugback.lock']);
    expect(await readdir(folder('source'))).toEqual(['a.txt']);
    expect(lines.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(
        /\.plugback\.lock stays on the disk, as the sign that the copy there is not complete/,
      ),
    );
    expect(recorder.document.warnings).toEqual([]);
  });

  test('the folders keep their times', async () => {
    const times = async () =>
      Promise.all(['disk', 'source'].map(async (name) => Math.trunc((await stat(folder(name))).mtimeMs)));
    execFileSync('touch', ['--date=2020-01-02 03:04:05.678', folder('disk'), folder('source')]);
    const before = await times();
    await run(async () => expect(await times()).toEqual(before)).result;
    expect(await times()).toEqual(before);
  });

  test('they are gone as well when the copy fails, and its error stays', async () => {
    const { result, recorder } = run(async () => {
      throw new Error('copy failed');
    });
    await expect(result).rejects.toThrow('copy failed');
    expect(await readdir(folder('disk'))).toEqual([]);
    expect(await readdir(folder('source'))).toEqual(['a.txt']);
    expect(stateOf(recorder, 'unlock')).toBe('done');
  });

  test('the heartbeat rises every ten seconds, in place, and stops with the run', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const beats = async () =>
      Promise.all(
        Object.values(places()).map(async (place) => parseMarker(await readFile(place, 'utf8'))?.heartbeat),
      );
    const { result } = run(async () => {
      const { ino, size } = await stat(places().disk);
      vi.advanceTimersByTime(9_999);
      expect(await beats()).toEqual([0, 0]);
      vi.advanceTimersByTime(1);
      await vi.waitFor(async () => expect(await beats()).toEqual([1, 1]));
      vi.advanceTimersByTime(20_000);
      await vi.waitFor(async () => expect(await beats()).toEqual([3, 3]));
      expect(await stat(places().disk)).toMatchObject({ ino, size });
    });
    await result;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('a heartbeat that is on its way when the run ends does not bring the file back', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    let letGo = (): void => {};
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const { files } = fakeSystem();
    let isBeating = false;
    const slow = async (place: string, text: string): Promise<void> => {
      if (parseMarker(text)?.heartbeat === 1) {
        isBeating = true;
        await held;
      }
      return files.writeInPlace(place, text);
    };
    const { result } = run(async () => vi.advanceTimersByTime(10_000), places(), {
      ...files,
      writeInPlace: slow,
    });
    await vi.waitFor(() => expect(isBeating).toBe(true));
    // Everything else that could happen by now has happened.
    await new Promise((resolve) => setImmediate(resolve));
    expect(await readdir(folder('disk'))).toEqual(['.plugback.lock']);
    letGo();
    await result;
    expect(await readdir(folder('disk'))).toEqual([]);
    expect(await readdir(folder('source'))).toEqual(['a.txt']);
  });

  test('one that a crashed run left on the disk is told, with its start, and replaced', async () => {
    await writeFile(
      places().disk,
      renderMarker({ ...marker, run: 'old', startedAt: '2026-11-20T01:00:00.000Z', host: 'x'.repeat(500) }),
    );
    await writeFile(places().source, '\0\0');
    const { result, recorder } = run(async () => {
      expect(parseMarker(await readFile(places().disk, 'utf8'))?.run).toBe(marker.run);
    });
    await result;
    expect(recorder.document.warningsSaid).toEqual([
      { key: 'warn.crashed-run', details: { since: '2026-11-20T01:00:00.000Z' } },
    ]);
    expect(stateOf(recorder, 'lock')).toBe('warned');
    expect(await readdir(folder('source'))).toEqual(['a.txt']);
  });

  test('a file of the user’s own with its name is not taken for one, nor touched', async () => {
    await writeFile(places().source, 'the accounts of ten years');
    const { result } = run(async () => {});
    await expect(result).rejects.toMatchObject({ code: 'marker-name-taken', exitCode: 76 });
    expect(await readFile(places().source, 'utf8')).toBe('the accounts of ten years');
    expect(await readdir(folder('disk'))).not.toContain(path.basename(places().disk));
  });

  test('half of one, as a power cut leaves it, is a leftover', async () => {
    await writeFile(places().source, renderMarker(marker).slice(0, 40));
    const { result, recorder } = run(async () => {});
    await result;
    expect(recorder.document.warningsSaid).toEqual([{ key: 'warn.crashed-run-source', details: undefined }]);
  });

  test('one that nobody can read says only that some run crashed', async () => {
    await writeFile(places().disk, '');
    const { result, recorder } = run(async () => {});
    await result;
    expect(recorder.document.warningsSaid).toEqual([{ key: 'warn.crashed-run', details: { since: null } }]);
  });

  test('one that is left in the source alone is told as well', async () => {
    await writeFile(places().source, renderMarker(marker));
    const { result, recorder } = run(async () => {});
    await result;
    expect(recorder.document.warningsSaid.map((said) => said.key)).toEqual(['warn.crashed-run-source']);
  });

  test('somebody took it away meanwhile: warned, not failed', async () => {
    const { result, recorder } = run(() => rm(places().source));
    await result;
    expect(recorder.document.warningsSaid).toEqual([
      { key: 'warn.marker-gone', details: { path: places().source } },
    ]);
    expect(stateOf(recorder, 'unlock')).toBe('warned');
  });

  test('in a folder of its own on the disk', async () => {
    const where = { ...places(), disk: folder('disk/locks/deep/.lock') };
    await run(async () => {
      expect(parseMarker(await readFile(where.disk, 'utf8'))).toEqual(marker);
    }, where).result;
    expect(await readdir(folder('disk/locks/deep'))).toEqual([]);
  });

  describe.each(['disk', 'source'] as const)('in the place of the one of the %s', (part) => {
    const place = () => places()[part];
    const other = () => folder(part === 'disk' ? 'source' : 'disk');

    test('a link: refused, nothing runs, what it leads to stays, and the other one is cleaned up', async () => {
      await writeFile(folder('victim'), 'precious');
      await symlink(folder('victim'), place());
      const body = vi.fn(async () => {});
      const { result, recorder } = run(body);
      await expect(result).rejects.toMatchObject({ code: expect.stringMatching(/not-writable$/) });
      expect(body).not.toHaveBeenCalled();
      expect(await readFile(folder('victim'), 'utf8')).toBe('precious');
      expect((await readdir(other())).filter((name) => name === '.plugback.lock')).toEqual([]);
      expect(stateOf(recorder, 'lock')).toBe('failed');
    });

    test('a folder, or a pipe: refused without waiting', async () => {
      await mkdir(place());
      await expect(run(async () => {}).result).rejects.toMatchObject({
        code: expect.stringMatching(/not-writable$/),
      });
      expect(await readdir(place())).toEqual([]);
      await rmdir(place());
      execFileSync('mkfifo', [place()]);
      await expect(run(async () => {}).result).rejects.toMatchObject({
        code: expect.stringMatching(/not-writable$/),
      });
    });
  });

  test('one that cannot be removed fails the run, and comes second after the copy’s own error', async () => {
    const spoil = async () => {
      await rm(places().disk);
      await mkdir(places().disk);
    };
    const { result, recorder } = run(spoil);
    await expect(result).rejects.toMatchObject({
      code: 'marker-not-removable',
      details: { path: places().disk },
    });
    expect(stateOf(recorder, 'unlock')).toBe('failed');
    // The other one is gone nevertheless: Veeam must not wait for ever.
    expect(await readdir(folder('source'))).toEqual(['a.txt']);
    await rmdir(places().disk);
    const second = run(async () => {
      await spoil();
      throw new Error('copy failed');
    });
    await expect(second.result).rejects.toThrow('copy failed');
    expect(second.recorder.document.warningsSaid.map((said) => said.key)).toEqual(['warn.cleanup-failed']);
  });
});
