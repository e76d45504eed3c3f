/**
 * Files made ready to be attached: as they are when small, compressed when large, cut in the middle when still too
 * large. A log of any size passes through in pieces; it is never held in memory.
 */

import { constants, createWriteStream } from 'node:fs';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Gzip } from 'node:zlib';
import { reasonOf, systemCodeOf } from '../errors.ts';
import { printable } from '../messages/printable.ts';
import type { Translator } from '../messages/translator.ts';
import type { LetterAttachment } from './letter.ts';

const megabyte = 1_000_000;
const gzipAboveBytes = megabyte;
/** Less than this of a log tells nobody anything. */
const leastUsefulBytes = 2_000;
const chunkBytes = 256 * 1024;
/** How far from the wished place a cut may move to fall between two lines. */
const lineWindowBytes = 64 * 1024;

export interface PreparedAttachment {
  name: string;
  contentType: string;
  /** Small files are in memory, compressed ones in a temporary file. */
  content: Buffer | { path: string };
}

export interface PreparedAttachments {
  attachments: PreparedAttachment[];
  /** Sentences for the mail's text: what is missing, and where it lies. */
  notes: string[];
  /** Removes the temporary files; call it once the message is composed. */
  dispose(): Promise<void>;
}

export interface AttachmentOptions {
  /** For all attachments together, in MB as the mail server counts them: after the encoding for the wire. */
  limitMb: number;
  /** Where temporary files may lie. */
  workDirectory: string;
  /** Begins the temporary files' names; they end in `.tmp`. */
  temporaryName: string;
  translator: Translator;
}

/** How many bytes fit into a limit of `megabytes` once they are base64: 57 bytes a line of 76 characters and its end. */
export function bytesWithin(megabytes: number): number {
  return Math.floor((megabytes * megabyte) / 78) * 57;
}

/**
 * Makes files ready to be attached.
 *
 * Small files take little of the limit and leave the rest to the large ones. A file that is missing, unreadable or
 * not a plain file is told in a note, it is never an error.
 */
export async function prepareAttachments(
  wanted: readonly LetterAttachment[],
  options: AttachmentOptions,
): Promise<PreparedAttachments> {
  const { translator } = options;
  const temporaries: string[] = [];
  const notes: string[] = [];
  const prepared = new Map<LetterAttachment, PreparedAttachment>();

  let remaining = bytesWithin(options.limitMb);
  const smallestFirst = await bySize(wanted);
  for (const [index, attachment] of smallestFirst.entries()) {
    const share = Math.floor(remaining / (smallestFirst.length - index));
    const temporary = path.join(options.workDirectory, `.${options.temporaryName}-${index}.gz.tmp`);
    temporaries.push(temporary);
    try {
      const { bytes, ...ready } = await prepareOne(attachment, share, temporary, translator);
      remaining -= bytes;
      prepared.set(attachment, ready);
    } catch (error) {
      notes.push(noteFor(error, attachment, translator));
    }
  }
  return {
    attachments: wanted.flatMap((attachment) => prepared.get(attachment) ?? []),
    notes,
    dispose: async () => {
      for (const temporary of temporaries) await rm(temporary, { force: true });
    },
  };
}

async function bySize(attachments: readonly LetterAttachment[]): Promise<LetterAttachment[]> {
  const sized = await Promise.all(
    attachments.map(async (attachment) => ({
      attachment,
      size: await stat(attachment.path).then(
        (stats) => stats.size,
        () => 0,
      ),
    })),
  );
  return sized.sort((a, b) => a.size - b.size).map(({ attachment }) => attachment);
}

class DoesNotFit extends Error {}

function noteFor(error: unknown, attachment: LetterAttachment, translator: Translator): string {
  const told = { name: attachment.name, path: attachment.path };
  if (error instanceof DoesNotFit) return translator.say('mail.attachment-too-large', told);
  return translator.say('mail.attachment-missing', {
    ...told,
    reason: systemCodeOf(error) ?? reasonOf(error),
  });
}

/** Its `bytes` are those that count against the limit. */
async function prepareOne(
  attachment: LetterAttachment,
  share: number,
  temporary: string,
  translator: Translator,
): Promise<PreparedAttachment & { bytes: number }> {
  // O_NONBLOCK: a pipe in the place of a log must not be waited for.
  const file = await open(attachment.path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error('not a plain file');
    // The log may grow meanwhile: what counts is what it held now.
    const size = stats.size;
    const name = printable(path.basename(attachment.name));
    if (size <= Math.min(gzipAboveBytes, share)) {
      const content = await readWhole(file, 0, size);
      return { name, contentType: 'text/plain; charset=utf-8', content, bytes: content.length };
    }
    if (share < leastUsefulBytes) throw new DoesNotFit();
    const bytes = await compress(file, size, share, temporary, (cutBytes) =>
      translator.say('mail.cut', { bytes: cutBytes, path: attachment.path }),
    );
    return { name: `${name}.gz`, contentType: 'application/gzip', content: { path: temporary }, bytes };
  } finally {
    await file.close();
  }
}

/** Bytes of the file, from and up to a position, or bytes of our own. */
type Section = { from: number; to: number } | Buffer;

/** Compresses all of the file, or its head and its end when all of it will not fit. Returns the compressed size. */
async function compress(
  file: FileHandle,
  size: number,
  share: number,
  target: string,
  noteOf: (cutBytes: number) => string,
): Promise<number> {
  const whole = await gzipTo(target, file, [{ from: 0, to: size }], share);
  if (whole.fits) return whole.bytes;
  // What went in before the share was used up tells how well this log compresses; some of it is kept in reserve.
  for (let keep = Math.floor(whole.consumed * 0.8); keep > 0; keep = Math.floor(keep / 2)) {
    const cut = await gzipTo(target, file, await headAndEnd(file, size, keep, noteOf), share);
    if (cut.fits) return cut.bytes;
  }
  throw new DoesNotFit();
}

/** A tenth of what is kept is the head (what ran, with which settings), the rest the end, where the outcome is told. */
async function headAndEnd(
  file: FileHandle,
  size: number,
  keep: number,
  noteOf: (cutBytes: number) => string,
): Promise<Section[]> {
  const wishedHead = Math.floor(keep / 10);
  const wishedEnd = size - (keep - wishedHead);
  const before = await readWhole(file, Math.max(0, wishedHead - lineWindowBytes), wishedHead);
  const headStop = wishedHead - before.length + (before.lastIndexOf(0x0a) + 1 || before.length);
  const after = await readWhole(file, wishedEnd, Math.min(size, wishedEnd + lineWindowBytes));
  const endStart = wishedEnd + after.indexOf(0x0a) + 1;
  const note = Buffer.from(`\n${noteOf(endStart - headStop)}\n\n`);
  return [{ from: 0, to: headStop }, note, { from: endStart, to: size }];
}

interface GzipResult {
  fits: boolean;
  /** The compressed size. */
  bytes: number;
  /** How much went in until it was done, or was too much. */
  consumed: number;
}

class LimitReached extends Error {}

async function gzipTo(
  target: string,
  file: FileHandle,
  sections: readonly Section[],
  limit: number,
): Promise<GzipResult> {
  const { createGzip } = await import('node:zlib');
  const gzip = createGzip();
  let bytes = 0;
  const limiter = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      if (bytes > limit) done(new LimitReached());
      else done(null, chunk);
    },
  });
  const [written, fed] = await Promise.allSettled([
    pipeline(gzip, limiter, createWriteStream(target, { mode: 0o600 })),
    feed(gzip, file, sections),
  ]);
  // When the target's side fails, the other side only reports that.
  const failure = written.status === 'rejected' ? written : fed;
  if (failure.status === 'rejected' && !(failure.reason instanceof LimitReached)) throw failure.reason;
  return { fits: failure.status === 'fulfilled', bytes, consumed: gzip.bytesWritten };
}

/** One buffer for all of it: a fresh one for each read would pile up faster than it is collected. */
async function feed(gzip: Gzip, file: FileHandle, sections: readonly Section[]): Promise<void> {
  const write = (bytes: Buffer): Promise<void> =>
    new Promise((resolve, reject) => {
      gzip.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  const buffer = Buffer.alloc(chunkBytes);
  try {
    for (const section of sections) {
      if (Buffer.isBuffer(section)) await write(section);
      else for await (const piece of readRange(file, section, buffer)) await write(piece);
    }
    gzip.end();
  } catch (error) {
    gzip.destroy(error as Error);
    throw error;
  }
}

async function readWhole(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const whole = Buffer.alloc(to - from);
  let length = 0;
  for await (const piece of readRange(file, { from, to }, Buffer.alloc(chunkBytes))) {
    length += piece.copy(whole, length);
  }
  return whole.subarray(0, length);
}

/** Each piece lies in the buffer, and is overwritten by the next one. */
async function* readRange(
  file: FileHandle,
  { from, to }: { from: number; to: number },
  buffer: Buffer,
): AsyncGenerator<Buffer> {
  let position = from;
  while (position < to) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, to - position), position);
    // Shortened meanwhile, by rotation for example.
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
