/** Why a mail did not leave: recognised once, kept as data, told in words with a remedy at the edge. */

import type { MailConfig, MailSecurity } from '../config/types.ts';
import { reasonOf } from '../errors.ts';
import { printable } from '../messages/printable.ts';
import type { Problem, Translator } from '../messages/translator.ts';

/** The way of a mail, in the order in which a check reports it. */
export const mailStages = ['resolve', 'connect', 'tls', 'login', 'accepted'] as const;
export type MailStage = (typeof mailStages)[number];

interface Trait {
  /** The stage that did not succeed; null where it can happen at any. */
  stage: MailStage | null;
  /** Would another mail fare the same? */
  concerns: 'server' | 'mail';
}

/** Every way in which sending can fail. */
const traits = {
  'not-configured': { stage: 'resolve', concerns: 'server' },
  'no-recipients': { stage: 'accepted', concerns: 'mail' },
  'unknown-host': { stage: 'resolve', concerns: 'server' },
  'connection-refused': { stage: 'connect', concerns: 'server' },
  unreachable: { stage: 'connect', concerns: 'server' },
  'connect-timeout': { stage: 'connect', concerns: 'server' },
  silent: { stage: null, concerns: 'server' },
  'turned-away': { stage: 'connect', concerns: 'server' },
  'hung-up': { stage: null, concerns: 'server' },
  'tls-not-offered': { stage: 'tls', concerns: 'server' },
  'tls-required': { stage: 'tls', concerns: 'server' },
  'tls-failed': { stage: 'tls', concerns: 'server' },
  'certificate-untrusted': { stage: 'tls', concerns: 'server' },
  'certificate-name': { stage: 'tls', concerns: 'server' },
  'certificate-expired': { stage: 'tls', concerns: 'server' },
  'password-missing': { stage: 'login', concerns: 'server' },
  'password-file': { stage: 'login', concerns: 'server' },
  'login-not-offered': { stage: 'login', concerns: 'server' },
  'login-required': { stage: 'login', concerns: 'server' },
  'login-refused': { stage: 'login', concerns: 'server' },
  'sender-refused': { stage: 'accepted', concerns: 'mail' },
  'recipient-refused': { stage: 'accepted', concerns: 'mail' },
  'message-refused': { stage: 'accepted', concerns: 'mail' },
  'too-large': { stage: 'accepted', concerns: 'mail' },
  'try-later': { stage: null, concerns: 'mail' },
  'out-of-time': { stage: null, concerns: 'server' },
  stopped: { stage: null, concerns: 'server' },
  'outbox-busy': { stage: null, concerns: 'server' },
  unexpected: { stage: null, concerns: 'mail' },
} as const satisfies Record<string, Trait>;

export type MailFailureKind = keyof typeof traits;

/** A failure as data. It is written into the outbox and shown on pages: nothing in it is secret. */
export interface MailFailure {
  kind: MailFailureKind;
  server: string;
  port: number;
  security: MailSecurity;
  /** What the server or the system said about it, on one line; '' when nothing was said. */
  said: string;
  /** The recipients, or the sender, that were refused; empty otherwise. */
  addresses: string[];
  /** The password file; '' where it plays no part. */
  path: string;
}

/** A mail that did not leave, or a server that could not be used. Carries no cause: a cause might hold a secret. */
export class MailError extends Error {
  override readonly name = 'MailError';

  constructor(readonly failure: MailFailure) {
    super(`${failure.kind} ${failure.said}`.trim());
  }
}

/** Where it was tried, and what must not be told. */
export interface FailureContext {
  config: Pick<MailConfig, 'server' | 'port' | 'security'>;
  /** Texts that are replaced by *** wherever they would show up. */
  secrets: readonly string[];
}

/** The stage of the way that a failure means; null when it can happen at any. */
export function stageOf(kind: MailFailureKind): MailStage | null {
  return traits[kind].stage;
}

/** True when every other mail would fare the same at the moment. */
export function concernsServer(kind: MailFailureKind): boolean {
  return traits[kind].concerns === 'server';
}

/** True for the name of a failure; for data that was read from a file. */
export function isMailFailureKind(kind: unknown): kind is MailFailureKind {
  return typeof kind === 'string' && Object.hasOwn(traits, kind);
}

/** A failure's words. */
export function tellMailFailure(failure: MailFailure, translator: Translator): Problem {
  return {
    problem: translator.say(`mail.failure.${failure.kind}`, failure),
    remedy: translator.say(`mail.remedy.${failure.kind}`, failure),
  };
}

/** A failure that this program noticed by itself. */
export function mailFailure(
  kind: MailFailureKind,
  context: FailureContext,
  known: { said?: string; addresses?: string[]; path?: string } = {},
): MailFailure {
  const { server, port, security } = context.config;
  return {
    kind,
    server: server ?? '',
    port,
    security,
    said: withoutSecrets(known.said ?? '', context.secrets),
    addresses: known.addresses ?? [],
    path: known.path ?? '',
  };
}

/** Anything thrown on the way of a mail, recognised. Pure. */
export function classifyFailure(
  thrown: unknown,
  context: FailureContext,
  addresses: string[] = [],
): MailFailure {
  if (thrown instanceof MailError) return thrown.failure;
  const error = seenFrom(thrown);
  const kind = kindOf(error);
  return mailFailure(kind, context, { said: saidBy(error), addresses });
}

/** What is looked at in an error of nodemailer or of the system. */
interface SeenError {
  /** The SMTP reply and its code; '' and 0 when there was none. */
  reply: string;
  replyCode: number;
  /** The SMTP command that was answered: `RCPT TO`, `AUTH PLAIN`, … */
  command: string;
  /** nodemailer's own code: EAUTH, EENVELOPE, … */
  step: string;
  /** The system's or OpenSSL's code, where one is behind it. */
  systemCode: string;
  timeout: string;
  message: string;
}

function seenFrom(thrown: unknown): SeenError {
  const error = (thrown ?? {}) as Record<string, unknown>;
  const text = (key: string): string => (typeof error[key] === 'string' ? error[key] : '');
  return {
    reply: text('response'),
    replyCode: typeof error.responseCode === 'number' ? error.responseCode : 0,
    command: text('command'),
    step: text('code'),
    systemCode: text('originalCode') || text('code'),
    timeout: text('timeoutType'),
    message: reasonOf(thrown),
  };
}

function kindOf(error: SeenError): MailFailureKind {
  if (error.replyCode > 0) return kindOfReply(error);
  if (error.timeout !== '') return error.timeout === 'CONNECT_TIMEOUT' ? 'connect-timeout' : 'silent';
  const bySystem = kindsBySystemCode[error.systemCode];
  if (bySystem !== undefined) return bySystem;
  // nodemailer compared the size with the server's announced limit before it sent anything.
  if (error.step === 'EMESSAGE' && /size larger than allowed/.test(error.message)) return 'too-large';
  if (/^(ERR_SSL_|ERR_TLS_|EPROTO$|ETLS$)/.test(error.systemCode)) return 'tls-failed';
  return kindsByStep[error.step] ?? 'unexpected';
}

/** RFC 5321 and 4954: the first digit tells for good (5) from for now (4), the command tells what was refused. */
function kindOfReply(error: SeenError): MailFailureKind {
  const { replyCode, command, reply } = error;
  if (command === 'STARTTLS') return 'tls-not-offered';
  if (command === 'CONN' || command === 'EHLO' || command === 'HELO') return 'turned-away';
  if (replyCode === 421) return 'hung-up';
  if (replyCode < 500) return 'try-later';
  if (replyCode === 530) return /TLS/i.test(reply) ? 'tls-required' : 'login-required';
  if (error.step === 'EAUTH') return 'login-refused';
  if (command === 'RCPT TO') return 'recipient-refused';
  if (replyCode === 552 || / 5\.3\.4 /.test(reply)) return 'too-large';
  return command === 'MAIL FROM' ? 'sender-refused' : 'message-refused';
}

const kindsBySystemCode: Record<string, MailFailureKind> = {
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  ECONNREFUSED: 'connection-refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'connect-timeout',
  ECONNRESET: 'hung-up',
  EPIPE: 'hung-up',
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-untrusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-untrusted',
  CERT_SIGNATURE_FAILURE: 'certificate-untrusted',
  CERT_UNTRUSTED: 'certificate-untrusted',
  CERT_REJECTED: 'certificate-untrusted',
  CERT_REVOKED: 'certificate-untrusted',
  CERT_CHAIN_TOO_LONG: 'certificate-untrusted',
  INVALID_CA: 'certificate-untrusted',
  INVALID_PURPOSE: 'certificate-untrusted',
};

const kindsByStep: Record<string, MailFailureKind> = {
  EAUTH: 'login-refused',
  ECONNECTION: 'hung-up',
  EPROTOCOL: 'hung-up',
  EENVELOPE: 'recipient-refused',
};

function saidBy(error: SeenError): string {
  if (error.reply !== '') return error.reply;
  // The sentence for the kind says as much already.
  if (/^(ECONNECTION|ETIMEDOUT|ESOCKET)$/.test(error.systemCode)) return '';
  // Node's sentences about certificates are worth reading; "connect ECONNREFUSED ::1:25" and OpenSSL's are not.
  const kind = kindsBySystemCode[error.systemCode];
  const isPlain =
    kind === undefined ? /^(ERR_SSL_|EPROTO$)/.test(error.systemCode) : !kind.startsWith('certificate-');
  return isPlain ? error.systemCode : error.message;
}

/** On one line, of readable length, and nothing secret in it: servers have been seen to echo what they were sent. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text.replaceAll(/\s*[\r\n]+\s*/g, ' ').trim();
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '***');
  const whole = printable(clean);
  return whole.length > 300 ? `${whole.slice(0, 299)}…` : whole;
}
