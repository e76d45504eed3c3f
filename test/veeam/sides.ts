/** Both sides as they are in the program, over whatever files and time they are given. */

import { withMarkers } from '../../src/backup/marker.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { RunRecorder, type StepVoice } from '../../src/status/recorder.ts';
import type { Clock } from '../../src/system/clock.ts';
import type { Files } from '../../src/system/files.ts';
import type { ProcessIdentity } from '../../src/system/process-identity.ts';
import type { Share } from '../../src/system/share.ts';
import { type HookSettings, lowerLock, raiseLock } from '../../src/veeam/hook.ts';
import { createVeeamGate } from '../../src/veeam/wait.ts';
import { fakeSystem } from '../fakes.ts';

export interface SideWorld {
  share: Share;
  files: Files;
  clock: Clock;
  signal: AbortSignal;
  /** Where everything lies. */
  root: string;
  procRoot: string;
}

/** The keys of what was said. */
export type Said = string[];

export function voiceInto(said: Said): StepVoice {
  const say: StepVoice['info'] = (...words) => {
    said.push(words[0]);
  };
  return { info: say, warn: say };
}

export interface HookOptions {
  job?: string;
  token?: string;
  caller?: ProcessIdentity | null;
  bootId?: string;
  said?: Said;
  settings?: Partial<HookSettings>;
}

function hookSettings(world: SideWorld, { job = 'nightly', settings = {} }: HookOptions): HookSettings {
  return {
    lockFolder: `${world.root}/locks`,
    markerPath: `${world.root}/source/.plugback.lock`,
    job: { id: job, name: null },
    host: 'fileserver',
    waitMinutes: 480,
    staleHours: 48,
    cacheMs: 0,
    ...settings,
  };
}

/** The pre-job script. */
export async function lock(world: SideWorld, options: HookOptions = {}): Promise<string> {
  const { token = '0000000a', caller = null, bootId = '', said = [] } = options;
  const { share, clock, signal, procRoot } = world;
  const context = { share, clock, signal, procRoot, caller, bootId, token, voice: voiceInto(said) };
  const { path } = await raiseLock(hookSettings(world, options), context);
  return path;
}

/** The post-job script. */
export function unlock(world: SideWorld, options: HookOptions = {}): Promise<number> {
  const voice = voiceInto(options.said ?? []);
  return lowerLock(hookSettings(world, options), { share: world.share, voice });
}

/** Veeam's job, its scripts around it. */
export async function veeamJob(
  world: SideWorld,
  use: () => Promise<void>,
  options: HookOptions = {},
): Promise<void> {
  await lock(world, options);
  await use();
  await unlock(world, options);
}

export interface CopyOptions {
  said?: Said;
  host?: string;
  waitMinutes?: number;
  /** Makes room in the middle for a lock that it sees. */
  yields?: boolean;
  /** As if the copy did not look again once its marker stands. */
  looksOnlyOnce?: boolean;
}

/** A copy, from the wait for Veeam to the removal of its markers; the files themselves are left out. */
export async function copy(
  world: SideWorld,
  use: () => Promise<void>,
  options: CopyOptions = {},
): Promise<void> {
  const { said = [], host = 'atlantis', waitMinutes = 480 } = options;
  const { share, files, clock, signal, procRoot, root } = world;
  const gate = createVeeamGate(
    { lockPath: `${root}/locks`, minutes: waitMinutes, staleHours: 48, cacheMs: 0, cleansUp: true },
    { share, clock, procRoot, host },
  );
  const recorder = new RunRecorder('20261121-031244-9f3c', clock, createTranslator('en'), []);
  const system = { ...fakeSystem({ clock }), files };
  const voice = voiceInto(said);
  const giveWay = {
    look: async () => (options.looksOnlyOnce === true ? [] : gate.lookForSure(voice, signal)),
    wait: () => gate.wait(voice, signal),
  };
  const places = {
    disk: `${root}/disk/.plugback.lock`,
    source: `${root}/source/.plugback.lock`,
    isDiskThere: async () => true,
  };
  await gate.wait(voice, signal);
  const identity = { run: recorder.document.id, pid: 4711, host };
  try {
    await withMarkers(places, identity, { system, recorder, giveWay }, async (marker) => {
      await use();
      if (options.yields !== true || (await gate.glance()).length === 0) return;
      await marker.away(giveWay.wait);
      await use();
    });
  } finally {
    said.push(...recorder.document.warningsSaid.map(({ key }) => key));
  }
}
