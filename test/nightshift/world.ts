/** A simulated office: computers that people switch on and off, and a nightshift that knows only what it is shown. */

import type { ComputerConfig, JobConfig, NightshiftConfig } from '../../src/config/types.ts';
import { type Calendar, createCalendar } from '../../src/nightshift/calendar.ts';
import type { JobEnd, Nightshift, Ports, Voice } from '../../src/nightshift/ports.ts';
import { freshState, type NightDocument, type NightshiftState } from '../../src/status/nightshift.ts';
import type { Clock } from '../../src/system/clock.ts';
import type { SleepKind } from '../../src/system/power-state.ts';
import { defaultConfig } from '../config/defaults.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

export function computer(name: string, values: Partial<ComputerConfig> = {}): ComputerConfig {
  return {
    name,
    macs: ['02:00:00:00:00:01'],
    ips: ['10.0.0.9'],
    user: null,
    interface: null,
    presence: true,
    probePort: null,
    reach: 'ssh',
    sshPort: 22,
    timeSource: false,
    idleMinutes: null,
    afterBackup: 'leave',
    ...values,
  };
}

export function job(name: string, values: Partial<JobConfig> = {}): JobConfig {
  return {
    name,
    source: [],
    target: [],
    timeoutMinutes: 480,
    goodExitCodes: [0],
    retries: 1,
    retryMinutes: 5,
    kind: 'command',
    command: ['/bin/true'],
    ...values,
  } as JobConfig;
}

export function nightshiftConfig(values: Partial<NightshiftConfig> = {}): NightshiftConfig {
  return { ...defaultConfig.nightshift, timeZone: 'Europe/Berlin', ...values };
}

/** No simulation takes longer, in ms, */
const longestMs = 2 * 366 * day;
/** and nothing asks the clock so often at one moment. */
const mostQuestions = 10_000;

/** Time in which many things sleep at once: it jumps to whoever wakes first. */
export class SharedClock implements Clock {
  private readonly sleepers: { at: number; wake: () => void; order: number }[] = [];
  private order = 0;
  private isScheduled = false;
  /** How far the wall clock runs ahead of the true time, in ms. */
  shift = 0;

  private asked = 0;
  private readonly end: number;

  constructor(private time: number) {
    this.end = time + longestMs;
  }

  /** A loop that never sleeps, or that nothing ends, fails instead of hanging: nothing else would get a turn to stop it. */
  now(): number {
    this.asked += 1;
    if (this.asked > mostQuestions) throw new Error('the simulated time stands still');
    if (this.time > this.end) throw new Error('the simulated time goes on for ever');
    return this.time + this.shift;
  }

  /** The time that nobody can set. */
  get trueTime(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time - 1_000_000;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      this.order += 1;
      const entry = { at: this.time + Math.max(0, ms), order: this.order, wake: () => {} };
      const stop = () => {
        const index = this.sleepers.indexOf(entry);
        if (index >= 0) this.sleepers.splice(index, 1);
        reject(signal?.reason);
      };
      entry.wake = () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      signal?.addEventListener('abort', stop, { once: true });
      this.sleepers.push(entry);
      this.schedule();
    });
  }

  /** Whatever is still to be done at this moment is done first: promises come before setImmediate. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      let next: (typeof this.sleepers)[number] | undefined;
      for (const sleeper of this.sleepers) {
        const isSooner = next === undefined || sleeper.at < next.at;
        if (isSooner || (sleeper.at === next?.at && sleeper.order < next.order)) next = sleeper;
      }
      if (next === undefined) return;
      this.sleepers.splice(this.sleepers.indexOf(next), 1);
      if (next.at > this.time) this.asked = 0;
      this.time = Math.max(this.time, next.at);
      next.wake();
      if (this.sleepers.length > 0) this.schedule();
    });
  }
}

export interface WorldEvent {
  at: number;
  what: 'woken' | 'put-to-sleep' | 'host-asleep' | 'job' | 'clock-set' | 'alarm' | 'mail';
  who: string;
}

/** What a test says about the office; all of it may depend on the time (ms since 1970). */
export interface Plan {
  /** Has somebody switched this computer on? */
  isOn(name: string, at: number): boolean;
  /** A ping that gets lost. */
  isLost?(name: string, at: number): boolean;
  /** Does it start when it is woken? */
  wakes?(name: string): boolean;
  /** How far its clock is ahead, in ms; what is set stays set unless `isClockStuck`. */
  clockAhead?(name: string): number | null;
  isClockStuck?(name: string): boolean;
  idleMinutes?(name: string, at: number): number;
  /** What a job does; by default it takes an hour and succeeds. */
  job?(job: JobConfig, signal: AbortSignal, world: World): Promise<JobEnd>;
  inhibitors?(at: number): { who: string; why: string }[];
}

export const bootMs = 40_000;

export class World {
  readonly events: WorldEvent[] = [];
  readonly nights: NightDocument[] = [];
  readonly said: string[] = [];
  readonly clock: SharedClock;
  readonly calendar: Calendar;
  readonly ports: Ports;
  /** The state as it was written last; writing it each time would be most of a year's work. */
  private written: NightshiftState;
  /** Computers that nightshift has woken, and when they are up. */
  readonly upAt = new Map<string, number>();
  private readonly clocksSet = new Map<string, number>();
  private hasPower = true;
  /** Nothing is written, but the machine runs on. */
  isDiskFull = false;
  private wantsCancel = false;
  private wantsBackup = false;
  /** The host sleeps until then; null: it is awake. */
  hostWakesAt: (at: number) => number = (at) => at;

  constructor(
    readonly config: NightshiftConfig,
    readonly plan: Plan,
    from: number,
    state: NightshiftState = freshState(),
  ) {
    this.clock = new SharedClock(from);
    this.calendar = createCalendar(config);
    this.written = state;
    this.ports = this.createPorts();
  }

  /** A nightshift that begins with what is on the disk. */
  nightshift(signal: AbortSignal): Nightshift {
    return {
      config: this.config,
      calendar: this.calendar,
      ports: this.ports,
      state: this.state,
      signal,
    };
  }

  /** What is on the disk. */
  get state(): NightshiftState {
    return structuredClone(this.written);
  }

  /** From now on nothing is written any more; what is on the disk stays as it is. */
  losePower(): void {
    this.written = this.state;
    this.hasPower = false;
    // Without power nothing is on that nightshift had woken.
    this.upAt.clear();
  }

  gainPower(): void {
    this.hasPower = true;
  }

  cancel(): void {
    this.wantsCancel = true;
  }

  request(): void {
    this.wantsBackup = true;
  }

  isUp(name: string): boolean {
    const at = this.clock.trueTime;
    const isOn = this.plan.isOn(name, at);
    // Whoever works at it switches it off in the end, whoever has woken it.
    if (isOn) this.upAt.delete(name);
    return isOn || at >= (this.upAt.get(name) ?? Number.POSITIVE_INFINITY);
  }

  note(what: WorldEvent['what'], who: string): void {
    if (!this.hasPower) return;
    this.events.push({ at: this.clock.trueTime, what, who });
  }

  happened(what: WorldEvent['what']): string[] {
    return this.events.filter((event) => event.what === what).map(({ who }) => who);
  }

  private aheadOf(name: string): number | null {
    const natural = this.plan.clockAhead?.(name) ?? 0;
    if (this.plan.clockAhead?.(name) === null) return null;
    return this.clocksSet.get(name) ?? natural;
  }

  private createPorts(): Ports {
    const { clock, plan } = this;
    const voice: Voice = {
      info: (...said) => void this.said.push(said[0]),
      warn: (...said) => void this.said.push(said[0]),
      error: (...said) => void this.said.push(said[0]),
      said: ({ key }) => void this.said.push(key),
      failure: (error) =>
        void this.said.push(`failure ${(error as { code?: string }).code ?? String(error)}`),
      passing: (...said) => void this.said.push(`passing ${said[0]}`),
    };
    return {
      clock,
      isOnline: async ({ name }) => this.isUp(name) && !(plan.isLost?.(name, clock.trueTime) ?? false),
      isReady: async ({ name }) => this.isUp(name),
      idleMinutes: async ({ name }) =>
        plan.idleMinutes?.(name, clock.trueTime) ??
        (plan.isOn(name, clock.trueTime) ? 0 : Number.POSITIVE_INFINITY),
      wake: async ({ name }) => {
        this.note('woken', name);
        if (plan.wakes?.(name) === false || this.upAt.has(name)) return;
        this.upAt.set(name, clock.trueTime + bootMs);
      },
      clockOffset: async ({ name }) => {
        const ahead = this.aheadOf(name);
        return ahead === null ? null : ahead - clock.shift;
      },
      setClock: async (follower, source, aheadMs) => {
        this.note('clock-set', `${follower?.name ?? 'host'} by ${source?.name ?? 'host'}`);
        if (plan.isClockStuck?.(follower?.name ?? 'host') === true) return;
        if (follower === null) clock.shift += aheadMs;
        else this.clocksSet.set(follower.name, clock.shift + aheadMs);
      },
      runJob: async (one, signal) => {
        this.note('job', one.name);
        if (plan.job !== undefined) return plan.job(one, signal, this);
        await clock.sleep(hour, signal);
        return { exitCode: 0 };
      },
      sleepComputer: async ({ name }) => {
        this.note('put-to-sleep', name);
        this.upAt.delete(name);
      },
      sleepHost: async (kind: SleepKind) => {
        this.note('host-asleep', kind);
        const until = this.hostWakesAt(clock.trueTime);
        if (until > clock.trueTime) await clock.sleep(until - clock.trueTime);
      },
      inhibitors: async () => plan.inhibitors?.(clock.trueTime) ?? [],
      setAlarm: async (at) => this.note('alarm', new Date(at).toISOString()),
      stayAwake: (body) => body(),
      takeCancel: () => {
        const wants = this.wantsCancel;
        this.wantsCancel = false;
        return wants;
      },
      takeRequest: () => {
        const wants = this.wantsBackup;
        this.wantsBackup = false;
        return wants;
      },
      untilNextLook: (ms, signal) => clock.sleep(ms, signal),
      save: (state) => {
        const isWritten = this.hasPower && !this.isDiskFull;
        if (isWritten) this.written = state;
        return isWritten;
      },
      record: async (night) => {
        if (!this.hasPower) return;
        this.nights.push(structuredClone(night));
        this.note('mail', night.outcome ?? '');
      },
      voice,
    };
  }
}
