/** What `Synchro.configure` is given, and what becomes of it. */

import { readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { PlugbackError, reasonOf } from '../errors.ts';
import { type Mount, readMountsSync } from '../system/mountinfo.ts';
import type { MirrorOptions } from './mirror.ts';
import { realRoots, relationOf, verifyNamed } from './places.ts';

export interface SynchroSettings extends CycleOptions {
  /** `single` or `s`: one cycle. `ongoing` or `o`: one after the other. In any case; anything else is `single`. */
  mode?: string;
  /** Hours between the beginnings of two cycles, at least 0.25; 24 by default. */
  interval?: number;
  /** So many cycles in ongoing mode, rounded up; not given, negative or no number: without end. */
  max?: number;
}

/** What a cycle can be told besides. */
export type CycleOptions = Pick<
  MirrorOptions,
  | 'checksum'
  | 'maxDeletePercent'
  | 'allowDeletes'
  | 'wait'
  | 'threads'
  | 'usesThisThread'
  | 'stateDirectory'
  | 'runtimeDirectory'
>;

export interface Configuration {
  source: string;
  replica: string;
  isOngoing: boolean;
  intervalMs: number;
  /** Infinity: without end. */
  maxCycles: number;
  options: CycleOptions;
}

const hourMs = 60 * 60 * 1000;
export const leastHours = 0.25;
const usualHours = 24;
/** A hundred years: what lies much further ahead is no date. */
const mostHours = 100 * 365 * 24;

/**
 * Settings as they count: what makes no sense has become what does.
 *
 * @throws PlugbackError `mirror-source-unusable`, `mirror-replica-unusable`
 */
export function configurationOf(source: string, replica: string, settings: SynchroSettings): Configuration {
  const { mode, interval, max, ...options } = settings;
  verifyNamed(source, 'mirror-source-unusable');
  verifyNamed(replica, 'mirror-replica-unusable');
  return {
    source: folderAt(source, 'mirror-source-unusable'),
    replica: folderAt(replica, 'mirror-replica-unusable'),
    isOngoing: isOngoing(mode),
    intervalMs: hoursOf(interval) * hourMs,
    maxCycles: cyclesOf(max),
    options,
  };
}

/** @throws PlugbackError of that code */
function folderAt(place: string, code: 'mirror-source-unusable' | 'mirror-replica-unusable'): string {
  try {
    const real = realpathSync(place);
    readdirSync(real);
    return real;
  } catch (error) {
    throw new PlugbackError(code, { path: place, reason: reasonOf(error) }, { cause: error });
  }
}

/** All in the replica goes that the source does not have. @throws PlugbackError `mirror-log-in-replica` */
export function verifyLogOutside(logs: string, replica: string): void {
  const relation = relationOf(replica, realFolder(logs), mountsOfNow());
  if (relation === 'same' || relation === 'replica-in-source') {
    throw new PlugbackError('mirror-log-in-replica', { path: logs, replica });
  }
}

/** None where the system does not tell: then paths have to do. */
function mountsOfNow(): Mount[] {
  try {
    return readMountsSync(realRoots.proc);
  } catch {
    return [];
  }
}

/** The folder free of links, as far as it is there. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    const above = path.dirname(folder);
    return above === folder ? folder : path.join(realFolder(above), path.basename(folder));
  }
}

function isOngoing(mode: unknown): boolean {
  return typeof mode === 'string' && ['o', 'ongoing'].includes(mode.toLowerCase());
}

function hoursOf(interval: unknown): number {
  if (typeof interval !== 'number' || !Number.isFinite(interval)) return usualHours;
  return Math.min(mostHours, Math.max(leastHours, interval));
}

function cyclesOf(max: unknown): number {
  return typeof max === 'number' && max >= 0 ? Math.ceil(max) : Number.POSITIVE_INFINITY;
}
