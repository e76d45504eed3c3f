/** The mailer as features see it: post a letter, send what waits, try the whole way. */

import { Readable, Writable } from 'node:stream';
import type { MailConfig } from '../config/types.ts';
import { type Sentence, sentence, type Translator } from '../messages/translator.ts';
import type { Clock } from '../system/clock.ts';
import { composeMessage, type Envelope, loadComposer } from './compose.ts';
import {
  classifyFailure,
  type MailFailure,
  type MailStage,
  mailFailure,
  mailStages,
  stageOf,
  tellMailFailure,
} from './failure.ts';
import { type FlushResult, flushOutbox, limitedSignal } from './flush.ts';
import { type Letter, recipientsOf } from './letter.ts';
import { enqueue, listOutbox, newMailId, type OutboxListing } from './outbox.ts';
import { loadConnection, type MailLimits, mailLimits, openSession, type SessionOptions } from './send.ts';

export interface MailerOptions {
  config: MailConfig;
  /** The outbox is the folder `outbox` in it. */
  stateDirectory: string;
  /** The lock between sending processes lies in it. */
  runtimeDirectory: string;
  /** This machine's name. */
  hostname: string;
  clock: Clock;
  environment: SessionOptions['environment'];
  /** For notes inside the mails. */
  translator: Translator;
  /** Where the processes of this machine are seen; `/proc` by default. */
  procRoot?: string;
  limits?: MailLimits;
}

export interface TimeLimit {
  /** The most that all of it may take, in milliseconds; a minute by default. */
  timeoutMs?: number;
  /** Aborting ends it at once. */
  signal?: AbortSignal;
}

/** `queued`: it will leave, now or later. `no-recipients`: nobody was to get it. */
export type PostResult = 'queued' | 'not-configured' | 'no-recipients';

export interface TriedStage {
  stage: MailStage;
  state: 'done' | 'skipped' | 'failed';
  /** What was found; with some recipients refused, who did get it. */
  told: Sentence | null;
  failure: MailFailure | null;
}

export interface PathTrial {
  ok: boolean;
  /** The stages in order, up to the one that failed. */
  stages: TriedStage[];
}

export interface Mailer {
  /** False when no server is configured: then nothing is ever written or sent. */
  readonly isConfigured: boolean;
  /**
   * Puts a letter into the outbox. Durable once it resolves, and independent of the server: call `flush` to send.
   *
   * @throws PlugbackError `directory-unusable` when the outbox cannot be written
   */
  post(letter: Letter): Promise<PostResult>;
  /** Sends what waits; see `flushOutbox`. Never throws. */
  flush(limit?: TimeLimit): Promise<FlushResult>;
  /** Sends a letter's words at once, past the outbox and without attachments, and reports each stage. Never throws. */
  tryWholePath(letter: Letter, limit?: TimeLimit): Promise<PathTrial>;
  /** What waits in the outbox. Never throws. */
  waiting(): Promise<OutboxListing>;
}

/** Loads at once what is else loaded on first use, for a process that may outlive the program's files: upgrades replace them. */
export async function loadMailParts(): Promise<void> {
  await Promise.all([loadComposer(), loadConnection()]);
}

const defaultTimeoutMs = 60_000;

/** The mailer for a configuration. Cheap: nothing is loaded, read or made before the first letter. */
export function createMailer(options: MailerOptions): Mailer {
  const { config, stateDirectory } = options;
  const whole = { procRoot: '/proc', limits: mailLimits, ...options };
  return {
    isConfigured: config.server !== null,
    post: async (letter) => {
      if (config.server === null) return 'not-configured';
      if (!hasRecipients(letter)) return 'no-recipients';
      await enqueue(letter, options);
      return 'queued';
    },
    flush: ({ timeoutMs = defaultTimeoutMs, signal } = {}) => flushOutbox({ ...whole, timeoutMs, signal }),
    tryWholePath: async (letter, { timeoutMs = defaultTimeoutMs, signal } = {}) => {
      const limit = limitedSignal(timeoutMs, signal);
      try {
        return await tryWholePath(letter, whole, limit.signal);
      } finally {
        limit.release();
      }
    },
    waiting: () => listOutbox(stateDirectory),
  };
}

/** What a trial found, a line for each stage, and where one failed, what to do. */
export function tellTrial(trial: PathTrial, translator: Translator): string[] {
  return trial.stages.flatMap(({ told, failure }) => {
    const lines = told === null ? [] : [translator.sayAgain(told)];
    if (failure === null) return lines;
    const { problem, remedy } = tellMailFailure(failure, translator);
    return [...lines, `${problem} ${remedy}`];
  });
}

function hasRecipients(letter: Letter): boolean {
  const { to, cc } = recipientsOf(letter);
  return to.length + cc.length > 0;
}

async function tryWholePath(
  letter: Letter,
  options: MailerOptions & { limits: MailLimits },
  signal: AbortSignal,
): Promise<PathTrial> {
  const { config, environment, limits } = options;
  const stages: TriedStage[] = [];
  const failed = (failure: MailFailure, told: Sentence | null = null): PathTrial => {
    const reached = stages.map(({ stage }) => stage);
    const stage = stageOf(failure.kind) ?? mailStages.find((name) => !reached.includes(name)) ?? 'accepted';
    return {
      ok: false,
      stages: [...stages.filter((done) => done.stage !== stage), { stage, state: 'failed', told, failure }],
    };
  };
  try {
    if (!hasRecipients(letter)) return failed(mailFailure('no-recipients', { config, secrets: [] }));
    const { envelope, pieces } = await composeInMemory(letter, options);
    const session = await openSession({
      config,
      environment,
      limits,
      signal,
      onStage: (stage, state, told) => stages.push({ stage, state, told, failure: null }),
    });
    try {
      const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
      const { accepted, refused } = await session.send(envelope, { size, content: Readable.from(pieces) });
      const told = accepted.length > 0 ? sentence('mail.stage.accepted', { addresses: accepted }) : null;
      const [first] = refused;
      if (first !== undefined) {
        return failed({ ...first.failure, addresses: refused.map((refusal) => refusal.address) }, told);
      }
      return { ok: true, stages: [...stages, { stage: 'accepted', state: 'done', told, failure: null }] };
    } finally {
      await session.close();
    }
  } catch (error) {
    return failed(classifyFailure(error, { config, secrets: [] }));
  }
}

async function composeInMemory(
  letter: Letter,
  { config, hostname, translator, clock, stateDirectory }: MailerOptions,
): Promise<{ envelope: Envelope; pieces: Buffer[] }> {
  const pieces: Buffer[] = [];
  const collector = new Writable({
    write: (piece: Buffer, _encoding, done) => {
      pieces.push(piece);
      done();
    },
  });
  const date = new Date(clock.now());
  const envelope = await composeMessage(
    { ...letter, attachments: [] },
    config,
    { date, messageKey: newMailId(date), hostname, translator, workDirectory: stateDirectory },
    collector,
  );
  return { envelope, pieces };
}
