/**
 * A mail server that delivers to a folder: what `plugback demo` sends its mails to.
 *
 * Each mail becomes `<number>.eml` as it came over the wire and `<number>.json` with its envelope.
 */

import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { ParsedMail } from 'mailparser';
import type { SMTPServerDataStream, SMTPServerOptions, SMTPServerSession } from 'smtp-server';
import { makeFolder } from '../system/folder.ts';

export interface CatcherOptions {
  /** The folder; made where it is missing. Mails that lie there already stay. */
  directory: string;
  /** 127.0.0.1 by default. */
  host?: string;
  /** A free one by default. */
  port?: number;
  /** Further options of smtp-server: certificates, login, refusals. */
  server?: SMTPServerOptions;
  /**
   * Decides about each mail: `store` puts it into the folder, which is all that happens by default. The server's answer
   * waits for it; an error that it throws is the answer, with the error's `responseCode` if it has one.
   */
  onMail?: (mail: CaughtEnvelope & { raw: Buffer }, store: () => Promise<void>) => Promise<void>;
}

export interface Catcher {
  host: string;
  port: number;
  /** Ends the server, and what conversations are left after a tenth of a second. */
  close(): Promise<void>;
}

export interface CaughtEnvelope {
  from: string;
  to: string[];
  /** Did it come over an encrypted connection? */
  secure: boolean;
  /** Who had logged in; null when nobody had. */
  user: string | null;
}

export interface CaughtMail extends CaughtEnvelope {
  message: ParsedMail;
  /** The message as it came over the wire. */
  raw: Buffer;
}

/**
 * Starts the server: in plain text and without login unless `server` says otherwise.
 *
 * @throws the system's error when the port cannot be had
 */
export async function startCatcher(options: CatcherOptions): Promise<Catcher> {
  const { SMTPServer } = await import('smtp-server');
  const { directory, host = '127.0.0.1', port = 0, onMail = (_mail, store) => store() } = options;
  makeFolder(directory);
  let count = (await readdir(directory)).filter((name) => name.endsWith('.eml')).length;

  const receive = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> => {
    const pieces: Buffer[] = [];
    for await (const piece of stream) pieces.push(piece as Buffer);
    const raw = Buffer.concat(pieces);
    const envelope = envelopeOf(session);
    await onMail({ ...envelope, raw }, () => {
      count += 1;
      return store(path.join(directory, String(count).padStart(6, '0')), raw, envelope);
    });
  };
  const server = new SMTPServer({
    disableReverseLookup: true,
    authOptional: true,
    // No certificate of its own: smtp-server would offer one whose key everybody knows.
    disabledCommands: ['STARTTLS'],
    closeTimeout: 100,
    logger: false,
    onData: (stream, session, done) => {
      receive(stream, session).then(() => done(), done);
    },
    ...options.server,
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      // A client that goes away in mid-sentence is its own affair.
      server.on('error', () => undefined);
      resolve();
    });
  });
  return {
    host,
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** The mails in a catcher's folder, in the order of their arrival. */
export async function caughtMails(directory: string): Promise<CaughtMail[]> {
  // A CommonJS package: its names are found below `default` once it is bundled.
  const { default: mailparser } = await import('mailparser');
  const names = (await readdir(directory).catch(() => [] as string[])).filter((name) =>
    name.endsWith('.eml'),
  );
  return Promise.all(
    names.sort().map(async (name) => {
      const raw = await readFile(path.join(directory, name));
      const envelope = await readFile(path.join(directory, `${path.parse(name).name}.json`), 'utf8');
      return {
        ...(JSON.parse(envelope) as CaughtEnvelope),
        message: await mailparser.simpleParser(raw),
        raw,
      };
    }),
  );
}

function envelopeOf(session: SMTPServerSession): CaughtEnvelope {
  const { mailFrom, rcptTo } = session.envelope;
  return {
    from: mailFrom === false ? '' : mailFrom.address,
    to: rcptTo.map(({ address }) => address),
    secure: session.secure,
    user: typeof session.user === 'string' ? session.user : null,
  };
}

async function store(base: string, raw: Buffer, envelope: CaughtEnvelope): Promise<void> {
  await writeFile(`${base}.json`, JSON.stringify(envelope));
  // Appears whole, and last: readers look for it.
  await writeFile(`${base}.part`, raw);
  await rename(`${base}.part`, `${base}.eml`);
}
