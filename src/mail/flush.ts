/** Sends what waits in the outbox, as far as the server takes it. */

import path from 'node:path';
import { type LockRequest, withLock } from '../system/lock.ts';
import {
  classifyFailure,
  concernsServer,
  type FailureContext,
  MailError,
  type MailFailure,
  mailFailure,
} from './failure.ts';
import {
  dropAttachments,
  listOutbox,
  type OutboxOptions,
  openMessage,
  removeMail,
  sweep,
  updateMail,
  type WaitingMail,
} from './outbox.ts';
import {
  abortKind,
  type Delivery,
  type MailLimits,
  type MailSession,
  openSession,
  type SessionOptions,
} from './send.ts';

export interface FlushOptions extends OutboxOptions {
  /** The lock between processes lies in it. */
  runtimeDirectory: string;
  /** Where the processes of this machine are seen; `/proc`. */
  procRoot: string;
  environment: SessionOptions['environment'];
  limits: MailLimits;
  /** The most that all of it may take, in milliseconds: waiting for another sender included. */
  timeoutMs: number;
  /** Aborting ends it at once. */
  signal?: AbortSignal | undefined;
}

export interface FlushResult {
  /** Mails that left for all their recipients. */
  sent: number;
  /** Mails that wait now, those included that were only taken for some recipients. */
  waiting: number;
  /** Why mails wait: the latest failure; null when nothing went wrong. */
  lastError: MailFailure | null;
}

/**
 * Sends the waiting mails over one connection: the oldest first, those that the server had something against last.
 *
 * Only one process sends at a time; another one waits for its turn. Never throws: what went wrong is in the result, and
 * a mail that did not leave waits on. It stops at the first sign that no other mail would fare better, so that many
 * waiting mails never wait for as many timeouts. A process killed between the server's yes and the removal leaves a
 * mail that is sent again, under the same Message-ID.
 */
export async function flushOutbox(options: FlushOptions): Promise<FlushResult> {
  const { stateDirectory } = options;
  const result: FlushResult = { sent: 0, waiting: 0, lastError: null };
  const context: FailureContext = { config: options.config, secrets: [] };
  if (options.config.server !== null && (await listOutbox(stateDirectory)).mails.length > 0) {
    const limit = limitedSignal(options.timeoutMs, options.signal);
    let locked = false;
    const lock: LockRequest = {
      path: path.join(options.runtimeDirectory, 'outbox'),
      procRoot: options.procRoot,
      clock: options.clock,
      signal: limit.signal,
      wait: true,
      // Somebody else may send the same mails now.
      onLost: () => limit.abort(new Error('the lock of the outbox was lost')),
    };
    try {
      await withLock(lock, async () => {
        locked = true;
        await sweep(stateDirectory, options.clock.now());
        await sendAll({ options, signal: limit.signal, context, result, session: null, hangUps: 0 });
      });
    } catch (error) {
      const kind = limit.signal.aborted ? (locked ? abortKind(limit.signal) : 'outbox-busy') : null;
      result.lastError = kind === null ? classifyFailure(error, context) : mailFailure(kind, context);
    } finally {
      limit.release();
    }
  }
  result.waiting = (await listOutbox(stateDirectory)).mails.length;
  return result;
}

/** One round of sending: what it works with, and what it has come to. */
interface Round {
  readonly options: FlushOptions;
  readonly signal: AbortSignal;
  readonly context: FailureContext;
  readonly result: FlushResult;
  /** The connection that is open at the moment, if any. */
  session: MailSession | null;
  /** How many mails in a row made the server hang up. */
  hangUps: number;
}

async function sendAll(round: Round): Promise<void> {
  const tried = new Set<string>();
  try {
    for (let queue = await untried(round, tried); queue.length > 0; queue = await untried(round, tried)) {
      for (const mail of queue) {
        tried.add(mail.id);
        if ((await sendOne(mail, round)) === 'stop') return;
      }
    }
  } finally {
    await round.session?.close();
  }
}

/** In the order of sending. Looked up again after each pass: a mail may have come in meanwhile. */
async function untried(round: Round, tried: ReadonlySet<string>): Promise<WaitingMail[]> {
  const { mails } = await listOutbox(round.options.stateDirectory);
  const left = mails.filter((mail) => !tried.has(mail.id));
  return [...left.filter((mail) => !mail.setAside), ...left.filter((mail) => mail.setAside)];
}

async function sendOne(waiting: WaitingMail, round: Round): Promise<'go-on' | 'stop'> {
  const { stateDirectory, clock } = round.options;
  // Written before it is sent, not after: an outbox that cannot be written would send the same mails for ever.
  const mail = await updateMail(stateDirectory, {
    ...waiting,
    attempts: waiting.attempts + 1,
    lastTriedAt: new Date(clock.now()).toISOString(),
  });

  try {
    await useOpenSession(round);
  } catch (error) {
    await keep(mail, classifyFailure(error, round.context), round);
    return 'stop';
  }

  try {
    const delivery = await deliver(mail, round);
    round.hangUps = 0;
    const [refusal] = delivery.refused;
    if (refusal === undefined) {
      await removeMail(stateDirectory, mail.id);
      round.result.sent += 1;
    } else {
      const to = delivery.refused.map(({ address }) => address);
      const rest = { ...mail, envelope: { ...mail.envelope, to }, setAside: true };
      await keep(rest, { ...refusal.failure, addresses: to }, round);
    }
    return 'go-on';
  } catch (error) {
    const failure = classifyFailure(error, round.context);
    await keep({ ...mail, setAside: failure.kind !== 'stopped' }, failure, round);
    if (failure.kind !== 'hung-up') return concernsServer(failure.kind) ? 'stop' : 'go-on';
    // A scanner behind the server may fall over this very mail; the next one gets a new connection, once.
    round.hangUps += 1;
    return round.hangUps < 2 ? 'go-on' : 'stop';
  }
}

/** The mail waits on, with the reason. */
async function keep(mail: WaitingMail, failure: MailFailure, round: Round): Promise<void> {
  round.result.lastError = failure;
  await updateMail(round.options.stateDirectory, { ...mail, lastError: failure });
}

async function useOpenSession(round: Round): Promise<MailSession> {
  if (round.session?.isUsable()) return round.session;
  await round.session?.close();
  round.session = null;
  const { config, environment, limits } = round.options;
  round.session = await openSession({ config, environment, limits, signal: round.signal });
  return round.session;
}

/** Hands a mail over, and once more where the reason lies neither in the server nor in the mail's words. */
async function deliver(mail: WaitingMail, round: Round): Promise<Delivery> {
  const hasServedOthers = round.session?.hasServed() ?? false;
  try {
    return await handOver(mail, round);
  } catch (error) {
    const kind = error instanceof MailError ? error.failure.kind : null;
    // Servers may end a connection after so many mails.
    if (kind === 'hung-up' && hasServedOthers) return handOver(mail, round);
    if (kind === 'too-large' && mail.letter.attachments.length > 0) {
      return handOver(await dropAttachments(mail, round.options), round);
    }
    throw error;
  }
}

async function handOver(mail: WaitingMail, round: Round): Promise<Delivery> {
  const session = await useOpenSession(round);
  return session.send(mail.envelope, await openMessage(round.options.stateDirectory, mail.id));
}

/** A signal that is aborted after a time, when another one is, or by hand. `release` ends the waiting. */
export function limitedSignal(timeoutMs: number, outer?: AbortSignal) {
  // Not AbortSignal.any and AbortSignal.timeout: their timers do not keep a process alive, and may be collected.
  const controller = new AbortController();
  const stop = (): void => controller.abort(outer?.reason);
  const timer = setTimeout(
    () => controller.abort(new DOMException('the time for sending is over', 'TimeoutError')),
    timeoutMs,
  );
  if (outer?.aborted) stop();
  outer?.addEventListener('abort', stop, { once: true });
  return {
    signal: controller.signal,
    abort: (reason: unknown): void => controller.abort(reason),
    release: (): void => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', stop);
    },
  };
}
