/** One conversation with the mail server: connect, encrypt, log in, hand over mails one after the other. */

import { lookup as lookupName } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { connect as connectSocket, type LookupFunction, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { MailConfig } from '../config/types.ts';
import { reasonOf, systemCodeOf } from '../errors.ts';
import { type Sentence, sentence } from '../messages/translator.ts';
import type { Envelope } from './compose.ts';
import {
  classifyFailure,
  type FailureContext,
  MailError,
  type MailFailure,
  type MailStage,
  mailFailure,
} from './failure.ts';

/** How long each wait may take, in milliseconds. */
export interface MailLimits {
  /** Name service and TCP connection. */
  connectMs: number;
  /** The server's greeting, and each answer until the connection is encrypted. */
  greetingMs: number;
  /** Silence in the middle of the conversation. */
  socketMs: number;
  /** Silence after the whole mail was handed over: a virus scanner may take its time, and giving up means a duplicate. */
  acceptMs: number;
}

export const mailLimits: MailLimits = {
  connectMs: 10_000,
  greetingMs: 10_000,
  socketMs: 20_000,
  acceptMs: 45_000,
};

/** Loaded on first use, like the composer. */
export const loadConnection = () => import('nodemailer/lib/smtp-connection');

export interface SessionOptions {
  config: MailConfig;
  /** SSL_CERT_FILE and NODE_EXTRA_CA_CERTS are looked at. */
  environment: Readonly<Record<string, string | undefined>>;
  limits: MailLimits;
  /** Aborting ends the conversation at once and closes the connection. */
  signal: AbortSignal;
  /** Called after each stage that was reached, in order. */
  onStage?: (stage: MailStage, done: 'done' | 'skipped', told: Sentence) => void;
}

export interface Refusal {
  address: string;
  failure: MailFailure;
}

/** Who got a mail and who did not. */
export interface Delivery {
  accepted: string[];
  refused: Refusal[];
}

export interface MailSession {
  /** False once the connection is gone; a mail then needs a new session. */
  isUsable(): boolean;
  /** True once the server has answered for a mail in this session. */
  hasServed(): boolean;
  /**
   * Hands over one message. Resolves when the server answered for it, also when it refused some or all recipients.
   *
   * @param message its size in bytes, and its text as a stream that was not read yet
   * @throws MailError when the message as a whole was not accepted
   */
  send(envelope: Envelope, message: { size: number; content: Readable }): Promise<Delivery>;
  /** Takes leave and closes the connection. Never throws; takes a second at most. */
  close(): Promise<void>;
}

const systemCertificates = '/etc/ssl/certs/ca-certificates.crt';
const quitMs = 1_000;

/**
 * Connects, encrypts and logs in, as the configuration says.
 *
 * @throws MailError at the first stage that fails; the connection is closed then
 */
export async function openSession(options: SessionOptions): Promise<MailSession> {
  const { config, limits, signal } = options;
  const onStage = options.onStage ?? (() => undefined);
  const context: { config: MailConfig; secrets: string[] } = { config, secrets: [] };
  const { server } = config;
  if (server === null) throw new MailError(mailFailure('not-configured', context));

  return recognised(context, signal, async () => {
    const addresses = await resolve(server, limits.connectMs, signal);
    onStage(
      'resolve',
      'done',
      sentence('mail.stage.resolve', { server, addresses: addresses.map((a) => a.address) }),
    );
    const socket = await connect(server, config.port, addresses, limits.connectMs, signal);
    onStage(
      'connect',
      'done',
      sentence('mail.stage.connect', { address: socket.remoteAddress ?? server, port: config.port }),
    );
    const { default: Connection } = await loadConnection();
    const smtp = new Connection({
      connection: socket,
      host: server,
      port: config.port,
      secure: config.security === 'tls',
      requireTLS: config.security === 'starttls',
      ignoreTLS: config.security === 'none',
      connectionTimeout: limits.connectMs + limits.greetingMs,
      greetingTimeout: limits.greetingMs,
      socketTimeout: limits.socketMs,
      // A server that never closes its side would otherwise keep this process alive.
      socketCloseTimeout: 0,
      tls: {
        minVersion: 'TLSv1.2',
        ...(config.security === 'none' ? {} : { ca: await trustedCertificates(options.environment) }),
      },
      logger: false,
    });
    const tearDown = (): void => {
      smtp.close();
      // It may not have taken the socket over yet. Later, because not in the middle of the TLS layer's own closing.
      setImmediate(() => socket.destroy());
    };
    // Without a listener, an error between two mails would end the process.
    smtp.on('error', () => undefined);
    try {
      await answer(smtp, signal, (done) => smtp.connect(done));
      onStage(...encryption(smtp, config));
      onStage(...(await logIn(smtp, context, signal)));
    } catch (error) {
      tearDown();
      throw error;
    }
    return session(smtp, socket, context, options, tearDown);
  });
}

function session(
  smtp: SMTPConnection,
  socket: Socket,
  context: FailureContext,
  { limits, signal }: SessionOptions,
  tearDown: () => void,
): MailSession {
  const isUsable = (): boolean => !smtp.destroyed && !socket.destroyed;
  let served = false;
  return {
    isUsable,
    hasServed: () => served,
    send: async (envelope, message) => {
      const delivery = await recognised(context, signal, () =>
        handOver(smtp, envelope, message, context, { limits, signal }).catch((error: unknown) => {
          // Without an answer nobody knows where the conversation stands, and what the next words would mean.
          if (!hasReply(error)) tearDown();
          const failure = classifyFailure(error, context);
          const isSender = failure.kind === 'sender-refused';
          throw new MailError(isSender ? { ...failure, addresses: [envelope.from] } : failure);
        }),
      );
      served = true;
      // With every recipient refused there is still a half-begun mail on the server's side.
      if (delivery.accepted.length === 0) await startAfresh(smtp, signal, tearDown);
      return delivery;
    },
    close: async () => {
      if (isUsable() && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, quitMs);
          smtp.once('end', () => {
            clearTimeout(timer);
            resolve();
          });
          smtp.quit();
        });
      }
      tearDown();
    },
  };
}

async function handOver(
  smtp: SMTPConnection,
  envelope: Envelope,
  message: { size: number; content: Readable },
  context: FailureContext,
  { limits, signal }: Pick<SessionOptions, 'limits' | 'signal'>,
): Promise<Delivery> {
  const patience = (milliseconds: number): void => {
    if (smtp._socket) smtp._socket.setTimeout(milliseconds);
  };
  message.content.once('end', () => patience(limits.acceptMs));
  try {
    const info = await answer<{ accepted: string[]; rejectedErrors?: RecipientError[] | undefined }>(
      smtp,
      signal,
      (done) =>
        smtp.send({ from: envelope.from, to: envelope.to, size: message.size }, message.content, done),
    );
    return { accepted: info.accepted, refused: refusals(info.rejectedErrors ?? [], context) };
  } catch (error) {
    const refused = (error as { rejectedErrors?: RecipientError[] }).rejectedErrors;
    if (refused !== undefined && refused.length > 0)
      return { accepted: [], refused: refusals(refused, context) };
    throw error;
  } finally {
    message.content.destroy();
    patience(limits.socketMs);
  }
}

interface RecipientError extends Error {
  recipient?: string | undefined;
}

function hasReply(error: unknown): boolean {
  return typeof (error as { responseCode?: unknown }).responseCode === 'number';
}

function refusals(errors: readonly RecipientError[], context: FailureContext): Refusal[] {
  return errors.map((error) => {
    const address = error.recipient ?? '';
    return { address, failure: classifyFailure(error, context, [address]) };
  });
}

async function startAfresh(smtp: SMTPConnection, signal: AbortSignal, tearDown: () => void): Promise<void> {
  try {
    await answer(smtp, signal, (done) => smtp.reset(done));
  } catch {
    tearDown();
  }
}

async function logIn(
  smtp: SMTPConnection,
  context: { config: MailConfig; secrets: string[] },
  signal: AbortSignal,
): Promise<['login', 'done' | 'skipped', Sentence]> {
  const { username } = context.config;
  if (username === null) return ['login', 'skipped', sentence('mail.stage.no-login')];
  if (!smtp.allowsAuth) throw new MailError(mailFailure('login-not-offered', context));
  const password = await readPassword(context);
  context.secrets.push(
    password,
    Buffer.from(password).toString('base64'),
    Buffer.from(`\0${username}\0${password}`).toString('base64'),
  );
  await answer(smtp, signal, (done) => smtp.login({ credentials: { user: username, pass: password } }, done));
  return ['login', 'done', sentence('mail.stage.login', { username })];
}

/** From the file where one is named, so that a new password counts at once. */
async function readPassword(context: FailureContext & { config: MailConfig }): Promise<string> {
  const { password, passwordFile } = context.config;
  let found = password ?? '';
  if (passwordFile !== null) {
    try {
      found = (await readFile(passwordFile, 'utf8')).replace(/[\r\n]+$/, '');
    } catch (error) {
      const said = systemCodeOf(error) ?? reasonOf(error);
      throw new MailError(mailFailure('password-file', context, { said, path: passwordFile }));
    }
  }
  if (found === '')
    throw new MailError(mailFailure('password-missing', context, { path: passwordFile ?? '' }));
  return found;
}

function encryption(smtp: SMTPConnection, config: MailConfig): ['tls', 'done' | 'skipped', Sentence] {
  if (config.security === 'none') return ['tls', 'skipped', sentence('mail.stage.no-tls')];
  const socket = smtp._socket as { getProtocol?: () => string | null } | false | null;
  const protocol = (socket ? socket.getProtocol?.() : null) || 'TLS';
  return ['tls', 'done', sentence('mail.stage.tls', { protocol })];
}

/**
 * The authorities whose certificates are believed: Node's own list, and what the machine's administrator installed, on
 * Windows in its certificate store. Naming any replaces Node's defaults, so NODE_EXTRA_CA_CERTS must be named again, too.
 */
async function trustedCertificates(environment: SessionOptions['environment']): Promise<string[]> {
  // Loaded here: making the list takes time, and a run without mail needs none of it.
  const tls: typeof import('node:tls') & SystemCertificates = await import('node:tls');
  const files = [environment.SSL_CERT_FILE ?? systemCertificates, environment.NODE_EXTRA_CA_CERTS];
  const found = await Promise.all(files.map((file) => (file ? readFile(file, 'utf8').catch(() => '') : '')));
  const store = process.platform === 'win32' ? (tls.getCACertificates?.('system') ?? []) : [];
  return [...tls.rootCertificates, ...store, ...found.filter((pem) => pem.includes('BEGIN '))];
}

/** Newer than the oldest Node that plugback runs on; the program for Windows has it. */
interface SystemCertificates {
  getCACertificates?(type: 'system'): string[];
}

interface HostAddress {
  address: string;
  family: number;
}

/** Asks the machine's own name service: nodemailer would ask DNS first and pass over /etc/hosts. */
async function resolve(server: string, limitMs: number, signal: AbortSignal): Promise<HostAddress[]> {
  return within(lookupName(server, { all: true }), limitMs, signal, () =>
    Object.assign(new Error('the name service did not answer'), { code: 'EAI_AGAIN' }),
  );
}

async function connect(
  server: string,
  port: number,
  addresses: HostAddress[],
  limitMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  // The addresses are known already; Node tries them in turn.
  const lookup: LookupFunction = (_name, lookupOptions, callback) => {
    if (lookupOptions.all) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
  };
  const socket = connectSocket({
    host: server,
    port,
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: Math.ceil(limitMs / 4),
  });
  const connected = new Promise<void>((done, fail) => {
    socket.once('connect', done);
    socket.once('error', fail);
  });
  try {
    await within(connected, limitMs, signal, () =>
      Object.assign(new Error('no connection in time'), {
        code: 'ETIMEDOUT',
        timeoutType: 'CONNECT_TIMEOUT',
      }),
    );
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** A promise that is waited for only so long. */
async function within<T>(
  promise: Promise<T>,
  limitMs: number,
  signal: AbortSignal,
  tooLate: () => Error,
): Promise<T> {
  let release = (): void => undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    const timer = setTimeout(() => reject(tooLate()), limitMs);
    release = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    release();
  }
}

/** One step of the conversation as a promise: its answer, or whatever ends the connection meanwhile. */
function answer<T>(
  smtp: SMTPConnection,
  signal: AbortSignal,
  ask: (done: (error?: Error | null, result?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      smtp.off('error', onError);
      smtp.off('end', onEnd);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onError = (error: Error): void => settle(() => reject(error));
    const onAbort = (): void => settle(() => reject(signal.reason));
    // The step's own error, which tells more, may follow at once.
    const onEnd = (): void =>
      queueMicrotask(() => onError(Object.assign(new Error('connection closed'), { code: 'ECONNECTION' })));
    if (signal.aborted) return reject(signal.reason);
    smtp.on('error', onError);
    smtp.on('end', onEnd);
    signal.addEventListener('abort', onAbort, { once: true });
    ask((error, result) => settle(() => (error ? reject(error) : resolve(result as T))));
  });
}

/** Runs a part of the conversation; whatever goes wrong in it leaves as a MailError. */
async function recognised<T>(
  context: FailureContext,
  signal: AbortSignal,
  body: () => Promise<T>,
): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (signal.aborted) throw new MailError(mailFailure(abortKind(signal), context));
    throw new MailError(classifyFailure(error, context));
  }
}

/** Why sending was given up: the time was over, or somebody asked for it. */
export function abortKind(signal: AbortSignal): 'out-of-time' | 'stopped' {
  return (signal.reason as { name?: unknown } | null)?.name === 'TimeoutError' ? 'out-of-time' : 'stopped';
}
