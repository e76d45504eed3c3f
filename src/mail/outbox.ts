/**
 * Mails that wait to be sent, one pair of files each in `<state directory>/outbox`: `<time>-<id>.eml` is the message as
 * it goes over the wire, `<time>-<id>.json` says to whom, and how often it was tried.
 *
 * The JSON file decides: it appears last, when a mail is complete, and goes first, when it was sent. A process that is
 * killed in between leaves a message without one, which nobody sends and which is swept up later.
 */

import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { MailConfig } from '../config/types.ts';
import { PlugbackError, reasonOf, systemCodeOf } from '../errors.ts';
import type { Translator } from '../messages/translator.ts';
import type { Clock } from '../system/clock.ts';
import { makeFolder } from '../system/folder.ts';
import { removePatiently, renamePatiently } from '../system/patience.ts';
import { type ComposeOptions, composeMessage, type Envelope } from './compose.ts';
import { isMailFailureKind, type MailFailure } from './failure.ts';
import type { Letter } from './letter.ts';

/** What the outbox needs to know of its surroundings. */
export interface OutboxOptions {
  config: MailConfig;
  /** The outbox is the folder `outbox` in it. */
  stateDirectory: string;
  /** This machine's name, for Message-IDs. */
  hostname: string;
  clock: Clock;
  /** For notes in the mails. */
  translator: Translator;
}

/** A mail that waits. */
export interface WaitingMail {
  /** Begins with the time, so that sorting by it is sorting by age. */
  id: string;
  /** ISO 8601 in UTC. */
  createdAt: string;
  subject: string;
  /** Who has not got it yet. */
  envelope: Envelope;
  attempts: number;
  lastTriedAt: string | null;
  lastError: MailFailure | null;
  /** The server had something against this mail in particular: others go first. */
  setAside: boolean;
  /** Kept to write the mail anew when the server finds it too large. */
  letter: Letter;
}

export interface OutboxListing {
  /** Oldest first. */
  mails: WaitingMail[];
  /** Names of files that look like ours and cannot be read: damaged, or half there. They are left alone. */
  unreadable: string[];
}

const idPattern = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/;
/** Files without a JSON file beside them are only swept up when no living process can still be writing them. */
const sweepAfterMs = 6 * 3600 * 1000;

/** The outbox's folder. */
export function outboxDirectory(stateDirectory: string): string {
  return path.join(stateDirectory, 'outbox');
}

/** A new mail's id: its time and a random part. */
export function newMailId(date: Date): string {
  return `${date.toISOString().replaceAll(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}`;
}

/**
 * Composes a letter and puts it into the outbox; once this resolves, it survives a crash of the machine.
 *
 * @returns the mail's id
 * @throws PlugbackError `directory-unusable` when the outbox cannot be written
 */
export async function enqueue(letter: Letter, options: OutboxOptions): Promise<string> {
  const directory = outboxDirectory(options.stateDirectory);
  const date = new Date(options.clock.now());
  const id = newMailId(date);
  try {
    // In two steps: the folder above is not ours to close.
    makeFolder(directory, 0o700);
    // An older umask, or an administrator, may have left it open; logs and addresses are nobody's business.
    await chmod(directory, 0o700);
    const envelope = await writeMessage(id, letter, date, options).catch((error: unknown) => {
      if (!isFull(error) || letter.attachments.length === 0) throw error;
      // The words matter most, and need next to nothing.
      const note = options.translator.say('mail.attachments-no-space', {
        files: filesOf(letter, options.translator),
      });
      return writeMessage(id, { ...letter, attachments: [] }, date, options, [note]);
    });
    await writeRecord(directory, {
      id,
      createdAt: date.toISOString(),
      subject: letter.subject,
      envelope,
      attempts: 0,
      lastTriedAt: null,
      lastError: null,
      setAside: false,
      letter,
    });
    return id;
  } catch (error) {
    await rm(messagePath(directory, id), { force: true }).catch(() => undefined);
    if (systemCodeOf(error) === null) throw error;
    throw new PlugbackError(
      'directory-unusable',
      { path: directory, reason: reasonOf(error) },
      { cause: error },
    );
  }
}

/**
 * Composes a waiting mail anew without its attachments, under the same Message-ID and date; a line in it says where
 * they lie.
 *
 * @throws the system's error when the outbox cannot be written
 */
export async function dropAttachments(mail: WaitingMail, options: OutboxOptions): Promise<WaitingMail> {
  const { translator } = options;
  const note = translator.say('mail.attachments-refused', { files: filesOf(mail.letter, translator) });
  const letter = { ...mail.letter, attachments: [] };
  await writeMessage(mail.id, letter, new Date(mail.createdAt), options, [note]);
  return updateMail(options.stateDirectory, { ...mail, letter });
}

/** What waits. Reads only, needs no lock, and never fails: a folder that is not there holds nothing. */
export async function listOutbox(stateDirectory: string): Promise<OutboxListing> {
  const directory = outboxDirectory(stateDirectory);
  const names = await readdir(directory).catch(() => [] as string[]);
  const listing: OutboxListing = { mails: [], unreadable: [] };
  for (const name of names.sort()) {
    const { name: id, ext } = path.parse(name);
    if (ext !== '.json' || !idPattern.test(id)) continue;
    const text = await readFile(path.join(directory, name), 'utf8').catch(() => null);
    // Sent by somebody else since the folder was read.
    if (text === null && !(await exists(path.join(directory, name)))) continue;
    const mail = parseRecord(text ?? '', id);
    if (mail !== null && names.includes(`${id}.eml`)) listing.mails.push(mail);
    else listing.unreadable.push(name);
  }
  return listing;
}

/** Opens a waiting mail's message: its size in bytes and its text as a stream. Throws the system's error. */
export async function openMessage(
  stateDirectory: string,
  id: string,
): Promise<{ size: number; content: Readable }> {
  const file = await open(messagePath(outboxDirectory(stateDirectory), id), 'r');
  try {
    const { size } = await file.stat();
    return { size, content: file.createReadStream() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Replaces what is known about a waiting mail. Throws the system's error when the outbox cannot be written. */
export async function updateMail(stateDirectory: string, mail: WaitingMail): Promise<WaitingMail> {
  await writeRecord(outboxDirectory(stateDirectory), mail);
  return mail;
}

/** Takes a mail that was sent out of the outbox. Throws the system's error when the outbox cannot be written. */
export async function removeMail(stateDirectory: string, id: string): Promise<void> {
  const directory = outboxDirectory(stateDirectory);
  await removePatiently(recordPath(directory, id));
  await syncDirectory(directory);
  await removePatiently(messagePath(directory, id));
}

/** Removes what processes that were killed have left: our temporary files, and messages without a record. */
export async function sweep(stateDirectory: string, now: number): Promise<void> {
  const directory = outboxDirectory(stateDirectory);
  const names = await readdir(directory).catch(() => [] as string[]);
  for (const name of names) {
    const { name: id, ext } = path.parse(name);
    const isTemporary = name.startsWith('.') && name.endsWith('.tmp') && idPattern.test(name.slice(1, 29));
    const isOrphan = ext === '.eml' && idPattern.test(id) && !names.includes(`${id}.json`);
    if (!isTemporary && !isOrphan) continue;
    const file = path.join(directory, name);
    const age = await stat(file).then(
      (stats) => now - stats.mtimeMs,
      () => 0,
    );
    if (age > sweepAfterMs) await rm(file, { force: true }).catch(() => undefined);
  }
}

function filesOf(letter: Letter, translator: Translator): string {
  return translator.format.list(letter.attachments.map((attachment) => attachment.path));
}

function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(systemCodeOf(error) ?? '');
}

function recordPath(directory: string, id: string): string {
  return path.join(directory, `${id}.json`);
}

function messagePath(directory: string, id: string): string {
  return path.join(directory, `${id}.eml`);
}

async function writeMessage(
  id: string,
  letter: Letter,
  date: Date,
  { config, stateDirectory, hostname, translator }: OutboxOptions,
  notes: readonly string[] = [],
): Promise<Envelope> {
  const directory = outboxDirectory(stateDirectory);
  const compose: ComposeOptions = {
    date,
    messageKey: id,
    hostname,
    translator,
    workDirectory: directory,
    notes,
  };
  return replaceWhole(messagePath(directory, id), async (temporary) => {
    const destination = createWriteStream(temporary, { mode: 0o600, flush: true });
    return composeMessage(letter, config, compose, destination);
  });
}

async function writeRecord(directory: string, mail: WaitingMail): Promise<void> {
  await replaceWhole(recordPath(directory, mail.id), async (temporary) => {
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(mail, null, 2)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  });
  await syncDirectory(directory);
}

/** Writes beside the file and renames: whoever looks, and whatever crashes, finds all of it or what was there before. */
async function replaceWhole<T>(file: string, write: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.tmp`);
  try {
    const result = await write(temporary);
    await renamePatiently(temporary, file);
    return result;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** A rename is on the disk only when its folder is. Windows hands no folder to the disk; NTFS keeps a journal of names. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** A record as it was written, or null: the file may be of another version, damaged, or not ours at all. */
function parseRecord(text: string, id: string): WaitingMail | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(read) || read.id !== id || !isObject(read.envelope) || !isObject(read.letter)) return null;
  const { envelope, letter } = read;
  const isWhole =
    typeof read.createdAt === 'string' &&
    typeof read.subject === 'string' &&
    typeof envelope.from === 'string' &&
    areTexts(envelope.to) &&
    typeof letter.subject === 'string' &&
    areTexts(letter.text) &&
    areTexts(letter.to) &&
    areTexts(letter.cc) &&
    Array.isArray(letter.attachments);
  if (!isWhole) return null;
  const mail = read as unknown as WaitingMail;
  return {
    ...mail,
    attempts: typeof read.attempts === 'number' ? read.attempts : 0,
    lastTriedAt: typeof read.lastTriedAt === 'string' ? read.lastTriedAt : null,
    lastError: isObject(read.lastError) && isMailFailureKind(read.lastError.kind) ? mail.lastError : null,
    setAside: read.setAside === true,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
