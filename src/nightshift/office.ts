/** The real office: computers behind network cards, and this machine with its clock and its sleep. */

import { rmSync, statSync } from 'node:fs';
import type { ComputerConfig, JobConfig, NightshiftConfig } from '../config/types.ts';
import { PlugbackError, reasonOf } from '../errors.ts';
import type { NightshiftPaths } from '../status/nightshift.ts';
import type { Clock } from '../system/clock.ts';
import {
  askTimeCommand,
  clockSetters,
  parseTime,
  remoteDateCommand,
  remoteSetCommand,
  setClockArgv,
} from '../system/clock-setting.ts';
import { stayAwake } from '../system/inhibit.ts';
import { type Interface, interfaceFor, type Route, whyBlind } from '../system/interfaces.ts';
import { createPinger, type PingPlatform } from '../system/ping.ts';
import {
  alarmArgv,
  type Inhibitor,
  inhibitorsArgv,
  parseInhibitors,
  remoteSleepCommand,
  sleepArgv,
} from '../system/power-state.ts';
import type { Argv, ProcessResult, Runner } from '../system/run.ts';
import { idleOfQueryUser, idleOfWho, queryUserCommand, whoCommand } from '../system/sessions.ts';
import { askNtpServer } from '../system/sntp.ts';
import { type SshTarget, sshArgv, sshFailure } from '../system/ssh.ts';
import { probeTcp } from '../system/tcp-probe.ts';
import { typedLine } from '../system/typed.ts';
import { sendMagicPacket } from '../system/wake-on-lan.ts';
import { type JobEnd, type Ports, portOf } from './ports.ts';

export interface OfficeOptions {
  config: NightshiftConfig;
  paths: NightshiftPaths;
  clock: Clock;
  /** Programs with the rights of this process: ping, ssh. */
  runner: Runner;
  /** Programs with root's rights: clock and sleep of this machine. */
  rootRunner: Runner;
  platform: NodeJS.Platform;
  readInterfaces(): Interface[];
  readRoutes(): Route[] | null;
  /** For whoever wonders why the machine does not sleep. */
  whyAwake: string;
  runJob(job: JobConfig, signal: AbortSignal): Promise<JobEnd>;
  /** Work of plugback's own that keeps this machine awake, also where no login manager is there to be told so. */
  ownWork(): Promise<Inhibitor[]>;
  save: Ports['save'];
  record: Ports['record'];
  voice: Ports['voice'];
}

/** How long an answer may take, in ms. */
const answerMs = 1_000;
const ntpAnswerMs = 2_000;
/** The longest that a command on another computer may take, in ms: chronyd takes its time for several samples. */
const remoteMs = 60_000;
const localMs = 60_000;
/** So much of another computer's answer is read, in characters. */
const mostTold = 64_000;
/** How often it is looked for somebody's request between two looks at the computers, in ms. */
const requestEveryMs = 5_000;

export function createOffice(options: OfficeOptions): Ports {
  const { config, paths, clock, runner, rootRunner, runJob, save, record, voice } = options;
  const isWindows = options.platform === 'win32';
  const platform = isWindows ? 'win32' : 'posix';

  const ping = createPinger(answerMs, { runner, platform: pingPlatform(options.platform) });

  /** From which address of this machine one of a computer's addresses is asked. */
  const sourceFor = (computer: ComputerConfig, address: string, cards: readonly Interface[]) =>
    interfaceFor(address, computer.interface, cards)?.address ?? null;

  const tellBlind = tellOnceEach((name, reason) => voice.warn('nightshift.blind', { name, reason }));
  /** Addresses that were once in the net of a card of this machine: should it have lost its own, a router is no way there. */
  const direct = new Map<string, string>();
  /** One look asks hundreds at once, and reads them once. */
  const readWays = oncePerTurn(() => ({
    interfaces: options.readInterfaces(),
    routes: options.readRoutes(),
  }));

  /** @returns whether it answers, or in words why it could not be asked */
  const askAt = async (
    computer: ComputerConfig,
    address: string,
    ways: { interfaces: Interface[]; routes: Route[] | null },
  ): Promise<boolean | string> => {
    const card = interfaceFor(address, computer.interface, ways.interfaces);
    if (card !== null) direct.set(address, card.name);
    const sourceAddress = card?.address ?? null;
    const blind = whyBlind(address, computer.interface, ways);
    if (blind !== null) return blind;
    if (card === null && direct.has(address)) return `${direct.get(address)}: no link`;
    const port = portOf(computer);
    const [pinged, probed] = await Promise.all([
      ping(address, sourceAddress),
      port === null ? null : probeTcp({ address, sourceAddress, timeoutMs: answerMs, port }),
    ]);
    if (pinged.answer === true || probed === 'open' || probed === 'refused') return true;
    if (pinged.answer === null) return pinged.trouble || 'ping';
    return probed === 'not-asked' ? 'no way to its port' : false;
  };

  const isOnline: Ports['isOnline'] = async (computer) => {
    const ways = readWays();
    const answers = await Promise.all(computer.ips.map((address) => askAt(computer, address, ways)));
    const isThere = answers.includes(true);
    const reason = isThere ? null : (answers.find((answer) => typeof answer === 'string') ?? null);
    tellBlind(computer.name, reason);
    return reason === null ? isThere : null;
  };

  const isReady: Ports['isReady'] = async (computer) => {
    // ping is answered long before anything else is up.
    const port = portOf(computer);
    if (port === null) return (await isOnline(computer)) === true;
    const cards = options.readInterfaces();
    const answers = await Promise.all(
      computer.ips.map((address) =>
        probeTcp({ address, port, sourceAddress: sourceFor(computer, address, cards), timeoutMs: answerMs }),
      ),
    );
    return answers.includes('open');
  };

  /** The first of its addresses that answers; the first of all where none does. */
  const addressOf = async (computer: ComputerConfig): Promise<string> => {
    const [first = ''] = computer.ips;
    if (computer.ips.length === 1) return first;
    const ways = readWays();
    const answers = await Promise.all(
      computer.ips.map((address) => askAt(computer, address, ways).catch(() => false)),
    );
    return computer.ips[answers.indexOf(true)] ?? first;
  };

  const remote = async (computer: ComputerConfig, command: string): Promise<ProcessResult> => {
    const address = await addressOf(computer);
    const target = sshTarget(computer, address, config, options.readInterfaces());
    let stdout = '';
    const onStdout = (piece: string) => {
      stdout += piece;
      // What it is asked for are a few lines; whoever prints for ever is not listened to.
      if (stdout.length > mostTold) throw tooMuch(computer);
    };
    const result = await runner
      .run(sshArgv(target, command), { timeoutMs: remoteMs, onStdout })
      .catch((error: unknown) => {
        if (error instanceof PlugbackError) throw error;
        throw new PlugbackError(
          'ssh-failed',
          { name: computer.name, reason: reasonOf(error) },
          { cause: error },
        );
      });
    if (result.exitCode === 255) throw sshError(computer, target, result.stderr);
    return { ...result, stdout: stdout || result.stdout };
  };

  const local = async (argv: Argv): Promise<void> => {
    const { exitCode, stderr, stdout } = await rootRunner.run(argv, { timeoutMs: localMs });
    if (exitCode !== 0) throw new Error(lastLine(stderr) || lastLine(stdout) || `exit code ${exitCode}`);
  };

  const clockOffset: Ports['clockOffset'] = async (computer) => {
    const address = await addressOf(computer);
    const sourceAddress = sourceFor(computer, address, options.readInterfaces());
    const now = () => clock.now();
    const offset = await askNtpServer({ address, sourceAddress, timeoutMs: ntpAnswerMs, now });
    if (offset !== null || computer.reach === 'none') return offset;
    const sentAt = clock.now();
    const { exitCode, stdout } = await remote(computer, askTimeCommand(computer.reach));
    const told = parseTime(stdout);
    if (exitCode !== 0 || told === null) return null;
    return told - (sentAt + clock.now()) / 2;
  };

  const setOwnClock = async (source: ComputerConfig, aheadMs: number): Promise<void> => {
    const address = await addressOf(source);
    for (const setter of clockSetters(platform)) {
      const isSet = await local(setter.argv(address)).then(
        () => true,
        () => false,
      );
      if (isSet) return;
    }
    if (isWindows) throw new Error('net time');
    await local(setClockArgv(clock.now() + aheadMs));
  };

  const setClock: Ports['setClock'] = async (follower, source, aheadMs) => {
    const name = follower?.name ?? null;
    try {
      if (follower === null) {
        if (source !== null) await setOwnClock(source, aheadMs);
        return;
      }
      if (follower.reach === 'none') return;
      const address = await addressOf(follower);
      const own = sourceFor(follower, address, options.readInterfaces());
      const from = source === null ? own : await addressOf(source);
      const isRoot = follower.user === null || follower.user === 'root';
      const { reach } = follower;
      let result = from === null ? null : await remote(follower, remoteSetCommand(from, { reach, isRoot }));
      if (result?.exitCode === 0) return;
      // Those programs took their time: what it is told must be the time now.
      if (reach === 'ssh')
        result = await remote(follower, remoteDateCommand(clock.now() + aheadMs, { isRoot }));
      if (result === null) throw new Error(`no card in the network of ${address}`);
      if (result.exitCode !== 0) throw new Error(lastLine(result.stderr) || `exit code ${result.exitCode}`);
    } catch (error) {
      // Not the clock is at fault, but the way to it.
      if (error instanceof PlugbackError) throw error;
      throw new PlugbackError('clock-not-set', { name, reason: reasonOf(error) }, { cause: error });
    }
  };

  /** What it says when it fails, as an error with this code. */
  const localOr = (code: 'sleep-failed' | 'alarm-failed', argv: Argv): Promise<void> =>
    local(argv).catch((error: unknown) => {
      if (error instanceof PlugbackError) throw error;
      throw new PlugbackError(code, { said: reasonOf(error) }, { cause: error });
    });

  const tellOfAll = tellOnce(voice);
  return {
    clock,
    isOnline: (computer) =>
      isOnline(computer).catch((error: unknown) => {
        if (error instanceof PlugbackError) tellOfAll(error);
        else tellBlind(computer.name, reasonOf(error));
        return null;
      }),
    isReady: (computer) => isReady(computer).catch(() => false),
    idleMinutes: async (computer) => {
      if (computer.reach === 'windows-ssh') {
        const result = await remote(computer, queryUserCommand);
        const idle = idleOfQueryUser(result);
        if (idle === null)
          throw new PlugbackError('ssh-failed', {
            name: computer.name,
            reason: lastLine(result.stderr) || 'query user',
          });
        return idle;
      }
      const { stdout, exitCode, stderr } = await remote(computer, whoCommand);
      if (exitCode !== 0)
        throw new PlugbackError('ssh-failed', { name: computer.name, reason: lastLine(stderr) });
      return idleOfWho(stdout);
    },
    wake: async (computer) => {
      const cards = options.readInterfaces();
      const failures: unknown[] = [];
      for (const [index, mac] of computer.macs.entries()) {
        try {
          await sendMagicPacket(mac, cardFor(computer, index, cards));
        } catch (error) {
          failures.push(error);
        }
      }
      // One card that hears it is enough.
      if (failures.length < computer.macs.length) return;
      const [cause] = failures;
      throw new PlugbackError('cannot-wake', { name: computer.name, reason: reasonOf(cause) }, { cause });
    },
    clockOffset,
    setClock,
    runJob,
    sleepComputer: async (computer, kind) => {
      const { reach, user, name } = computer;
      if (reach === 'none') return;
      const command = remoteSleepCommand(kind, reach, user === null || user === 'root');
      try {
        const { exitCode, stderr } = await remote(computer, command);
        if (exitCode !== null && exitCode !== 0)
          throw new PlugbackError('ssh-failed', { name, reason: lastLine(stderr) });
      } catch (error) {
        // It may be gone before ssh has said good-bye.
        const isGone =
          error instanceof PlugbackError &&
          error.code === 'ssh-failed' &&
          (await isOnline(computer)) === false;
        if (!isGone) throw error;
      }
    },
    sleepHost: (kind) => localOr('sleep-failed', sleepArgv(kind, platform)),
    inhibitors: async (kind) => {
      const own = await options.ownWork();
      if (isWindows || own.length > 0) return own;
      try {
        const { stdout } = await runner.run(inhibitorsArgv, { timeoutMs: localMs });
        return parseInhibitors(stdout, kind);
      } catch {
        // No login manager: nobody else could hold anything off.
        return [];
      }
    },
    setAlarm: (at) => localOr('alarm-failed', alarmArgv(at)),
    stayAwake: (body) => stayAwake({ runner: rootRunner, why: options.whyAwake }, body),
    takeCancel: () => take(paths.cancel),
    takeRequest: () => take(paths.request),
    untilNextLook: async (ms, signal) => {
      const ends = clock.monotonic() + ms;
      for (let left = ms; left > 0; left = ends - clock.monotonic()) {
        await clock.sleep(Math.min(requestEveryMs, left), signal);
        if (isThere(paths.request)) return;
      }
    },
    save,
    record,
    voice,
  };
}

function pingPlatform(platform: NodeJS.Platform): PingPlatform {
  return platform === 'win32' || platform === 'darwin' ? platform : 'linux';
}

/** The card through which one of a computer's cards is woken. @throws Error where there is none */
function cardFor(computer: ComputerConfig, index: number, cards: readonly Interface[]): Interface {
  // One address for all cards is enough where they hang in the same net.
  const address = computer.ips[index] ?? computer.ips[0] ?? '';
  const card = interfaceFor(address, computer.interface, cards);
  if (card === null) throw new Error(`no card in the network of ${address}`);
  return card;
}

/** How ssh gets to a computer. */
export function sshTarget(
  computer: ComputerConfig,
  address: string,
  config: Pick<NightshiftConfig, 'sshKeyFile' | 'sshKnownHostsFile'>,
  cards: readonly Interface[],
): SshTarget {
  return {
    user: computer.user ?? 'root',
    address,
    port: computer.sshPort,
    sourceAddress: interfaceFor(address, computer.interface, cards)?.address ?? null,
    keyFile: config.sshKeyFile,
    knownHostsFile: config.sshKnownHostsFile,
  };
}

function tooMuch({ name }: ComputerConfig): PlugbackError {
  return new PlugbackError('ssh-failed', { name, reason: `more than ${mostTold} characters` });
}

function sshError({ name }: ComputerConfig, target: SshTarget, stderr: string): PlugbackError {
  const { address, port, user, keyFile, knownHostsFile } = target;
  const failure = sshFailure(stderr);
  // ssh writes names of other ports so.
  const host = port === 22 ? address : `[${address}]:${port}`;
  const file = knownHostsFile === null ? [] : ['-f', knownHostsFile];
  switch (failure) {
    case 'host-key-unknown': {
      const command = typedLine([
        'ssh',
        ...(keyFile === null ? [] : ['-i', keyFile]),
        ...(knownHostsFile === null ? [] : ['-o', `UserKnownHostsFile=${knownHostsFile}`]),
        '-p',
        String(port),
        `${user}@${address}`,
      ]);
      return new PlugbackError('host-key-unknown', { name, command });
    }
    case 'host-key-changed':
      return new PlugbackError('host-key-changed', {
        name,
        command: typedLine(['ssh-keygen', ...file, '-R', host]),
      });
    default:
      return new PlugbackError('ssh-failed', { name, reason: lastLine(stderr) || failure });
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** Was the file there? It is not any more. */
function take(file: string): boolean {
  try {
    if (!isThere(file)) return false;
    rmSync(file, { force: true });
    return true;
  } catch {
    return false;
  }
}

/** The same value for all who ask before the event loop goes on. */
function oncePerTurn<T>(read: () => T): () => T {
  let kept: { value: T } | null = null;
  return () => {
    if (kept === null) {
      kept = { value: read() };
      setImmediate(() => {
        kept = null;
      });
    }
    return kept.value;
  };
}

/** Without ping nobody is known to be absent: that is said. */
function tellOnce(voice: Ports['voice']): (error: unknown) => void {
  let isTold = false;
  return (error) => {
    if (!isTold) voice.failure(error);
    isTold = true;
  };
}

/** Tells a reason once, of the first computer that it holds for, and again once it has ended for all of them. */
function tellOnceEach(
  tell: (name: string, reason: string) => void,
): (name: string, reason: string | null) => void {
  const reasons = new Map<string, string>();
  return (name, reason) => {
    if (reason === null) {
      reasons.delete(name);
      return;
    }
    const isTold = [...reasons.values()].includes(reason);
    reasons.set(name, reason);
    if (!isTold) tell(name, reason);
  };
}
