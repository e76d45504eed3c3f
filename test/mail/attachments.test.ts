import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesWithin, type PreparedAttachment, prepareAttachments } from '../../src/mail/attachments.ts';
import { createTranslator } from '../../src/messages/translator.ts';

let folder: string;
let work: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plugback-attach-'));
  work = path.join(folder, 'work');
  await mkdir(work);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function prepare(names: string[], limitMb = 10) {
  return prepareAttachments(
    names.map((name) => ({ name, path: path.join(folder, name) })),
    { limitMb, workDirectory: work, temporaryName: 'mail', translator: createTranslator('en') },
  );
}

async function contentOf(attachment: PreparedAttachment | undefined): Promise<Buffer> {
  if (attachment === undefined) throw new Error('not attached');
  const { content } = attachment;
  const bytes = Buffer.isBuffer(content) ? content : await readFile(content.path);
  return attachment.name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

async function sizeOf(attachment: PreparedAttachment | undefined): Promise<number> {
  if (attachment === undefined) throw new Error('not attached');
  const { content } = attachment;
  return Buffer.isBuffer(content) ? content.length : (await readFile(content.path)).length;
}

/** Lines that hardly compress, numbered. */
function noisyLog(bytes: number): string {
  const lines: string[] = [];
  for (let length = 0, number = 0; length < bytes; number += 1) {
    const line = `line ${number} ${randomBytes(40).toString('base64')}`;
    lines.push(line);
    length += line.length + 1;
  }
  return `${lines.join('\n')}\n`;
}

describe('attachments', () => {
  test('a small file is attached as it is, byte for byte', async () => {
    const bytes = Buffer.from([0x66, 0xff, 0x00, 0x0a, 0xc3]);
    await writeFile(path.join(folder, 'run.log'), bytes);
    const { attachments, notes } = await prepare(['run.log']);
    expect(notes).toEqual([]);
    expect(attachments.map(({ name, contentType }) => [name, contentType])).toEqual([
      ['run.log', 'text/plain; charset=utf-8'],
    ]);
    expect(await contentOf(attachments[0])).toEqual(bytes);
  });

  test('an empty file is attached, too', async () => {
    await writeFile(path.join(folder, 'run.log'), '');
    const { attachments } = await prepare(['run.log']);
    expect((await contentOf(attachments[0])).length).toBe(0);
  });

  test('a file above 1 MB is compressed, whole; one of 1 MB is not', async () => {
    await writeFile(path.join(folder, 'large.log'), 'x'.repeat(1_000_001));
    await writeFile(path.join(folder, 'small.log'), 'x'.repeat(1_000_000));
    const { attachments, dispose } = await prepare(['large.log', 'small.log']);
    expect(attachments.map(({ name }) => name)).toEqual(['large.log.gz', 'small.log']);
    expect((await contentOf(attachments[0])).toString()).toBe('x'.repeat(1_000_001));
    await dispose();
    expect(await readdir(work)).toEqual([]);
  });

  test('a file that is too large even so keeps its head and its end, at whole lines, with a note', async () => {
    const text = noisyLog(6_000_000);
    await writeFile(path.join(folder, 'rsync.log'), text);
    const { attachments, notes } = await prepare(['rsync.log'], 1);
    expect(notes).toEqual([]);
    expect(await sizeOf(attachments[0])).toBeLessThanOrEqual(bytesWithin(1));
    // Well used: not half of the room is given away.
    expect(await sizeOf(attachments[0])).toBeGreaterThan(bytesWithin(1) / 2);

    const kept = (await contentOf(attachments[0])).toString();
    const parts = /^([\s\S]*\n)\n(\[… .* …\])\n\n([\s\S]*)$/.exec(kept);
    const [head, note, end] = [parts?.[1] ?? '', parts?.[2] ?? '', parts?.[3] ?? ''];
    expect(text.startsWith(head)).toBe(true);
    expect(text.endsWith(end)).toBe(true);
    expect(end).toMatch(/^line \d+ /);
    expect(end.length).toBeGreaterThan(5 * head.length);
    expect(head.length).toBeGreaterThan(1000);
    const cutMb = (text.length - head.length - end.length) / 1e6;
    expect(note).toContain(`${cutMb.toFixed(1)} MB are left out here`);
    expect(note).toContain(path.join(folder, 'rsync.log'));
  });

  test('a log without line ends is cut as well', async () => {
    const bytes = randomBytes(4_000_000).map((byte) => (byte === 0x0a ? 0x0b : byte));
    await writeFile(path.join(folder, 'binary.log'), bytes);
    const { attachments } = await prepare(['binary.log'], 1);
    const kept = await contentOf(attachments[0]);
    expect(await sizeOf(attachments[0])).toBeLessThanOrEqual(bytesWithin(1));
    expect(kept.subarray(-1000)).toEqual(Buffer.from(bytes.subarray(-1000)));
    expect(kept.subarray(0, 1000)).toEqual(Buffer.from(bytes.subarray(0, 1000)));
  });

  test('all together stay within the limit, and the small one stays whole', async () => {
    await writeFile(path.join(folder, 'run.log'), 'short\n');
    await writeFile(path.join(folder, 'rsync.log'), noisyLog(5_000_000));
    const { attachments } = await prepare(['rsync.log', 'run.log'], 1);
    expect(attachments.map(({ name }) => name)).toEqual(['rsync.log.gz', 'run.log']);
    const sizes = await Promise.all(attachments.map(sizeOf));
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(bytesWithin(1));
    expect((await contentOf(attachments[1])).toString()).toBe('short\n');
  });

  test('two large ones share the room', async () => {
    for (const name of ['a.log', 'b.log']) await writeFile(path.join(folder, name), noisyLog(3_000_000));
    const { attachments } = await prepare(['a.log', 'b.log'], 1);
    const sizes = await Promise.all(attachments.map(sizeOf));
    expect(sizes).toHaveLength(2);
    expect(Math.min(...sizes)).toBeGreaterThan(bytesWithin(1) / 4);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThanOrEqual(bytesWithin(1));
  });

  test('with no room at all nothing is attached, and it is said', async () => {
    await writeFile(path.join(folder, 'run.log'), 'x'.repeat(10_000));
    const { attachments, notes } = await prepare(['run.log'], 0);
    expect(attachments).toEqual([]);
    expect(notes).toEqual([
      `run.log is not attached: attach-limit-mb leaves no room for it. It lies at ${folder}/run.log.`,
    ]);
  });

  test('a missing file, a folder and a pipe are told, not thrown, and the others are attached', async () => {
    await mkdir(path.join(folder, 'a-folder'));
    await promisify(execFile)('mkfifo', [path.join(folder, 'a-pipe')]);
    await writeFile(path.join(folder, 'run.log'), 'here\n');
    const { attachments, notes } = await prepare(['missing.log', 'a-folder', 'a-pipe', 'run.log']);
    expect(attachments.map(({ name }) => name)).toEqual(['run.log']);
    expect(notes.sort()).toEqual([
      `a-folder is not attached: ${folder}/a-folder cannot be read (not a plain file).`,
      `a-pipe is not attached: ${folder}/a-pipe cannot be read (not a plain file).`,
      `missing.log is not attached: ${folder}/missing.log cannot be read (it does not exist).`,
    ]);
  });

  test('a name cannot leave its place', async () => {
    await writeFile(path.join(folder, 'run.log'), 'x');
    const { attachments } = await prepareAttachments(
      [{ name: '../../etc/cron.d/x\r\ny', path: path.join(folder, 'run.log') }],
      { limitMb: 1, workDirectory: work, temporaryName: 'mail', translator: createTranslator('en') },
    );
    expect(attachments[0]?.name).toBe('x\\x0d\\x0ay');
  });
});

test('the limit counts what travels: base64 in lines', () => {
  const encoded = Buffer.alloc(bytesWithin(10)).toString('base64');
  const lines = Math.ceil(encoded.length / 76);
  expect(encoded.length + 2 * lines).toBeLessThanOrEqual(10_000_000);
  expect(encoded.length + 2 * lines).toBeGreaterThan(9_999_900);
});
