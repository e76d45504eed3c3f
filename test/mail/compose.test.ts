import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { type ParsedMail, simpleParser } from 'mailparser';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { composeMessage, type Envelope } from '../../src/mail/compose.ts';
import type { Letter } from '../../src/mail/letter.ts';
import type { Language } from '../../src/messages/format.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { letter, mailConfig } from './desk.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plugback-compose-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

interface Composed {
  raw: string;
  header: string;
  parsed: ParsedMail;
  envelope: Envelope;
}

async function compose(
  changes: Partial<Letter>,
  from = mailConfig.from,
  language: Language = 'en',
): Promise<Composed> {
  const pieces: Buffer[] = [];
  const destination = new Writable({
    write: (piece: Buffer, _encoding, done) => {
      pieces.push(piece);
      done();
    },
  });
  const envelope = await composeMessage(
    { ...letter, ...changes },
    { from, attachLimitMb: 1 },
    {
      date: new Date('2026-11-21T03:12:44.000Z'),
      messageKey: '20261121T031244000Z-00c0ffee',
      hostname: 'backup.example',
      translator: createTranslator(language),
      workDirectory: folder,
    },
    destination,
  );
  const bytes = Buffer.concat(pieces);
  const raw = bytes.toString('latin1');
  return { raw, header: raw.slice(0, raw.indexOf('\r\n\r\n')), parsed: await simpleParser(bytes), envelope };
}

function addressesIn(header: ParsedMail['to']): string[] {
  return [header ?? []].flat().flatMap(({ value }) => value.map(({ address }) => address ?? ''));
}

describe('a message', () => {
  test('says what it is, when, and from whom', async () => {
    const { parsed, envelope } = await compose({
      to: ['a@x.example', 'Berta <b@x.example>'],
      cc: ['c@x.example', 'a@x.example'],
    });
    expect(parsed.from?.value).toEqual([{ name: 'Backup', address: 'backup@office.example' }]);
    expect(addressesIn(parsed.to)).toEqual(['a@x.example', 'b@x.example']);
    expect(addressesIn(parsed.cc)).toEqual(['c@x.example']);
    expect(parsed.date?.toISOString()).toBe('2026-11-21T03:12:44.000Z');
    expect(parsed.messageId).toBe('<20261121T031244000Z-00c0ffee@backup.example>');
    expect(parsed.headers.get('auto-submitted')).toBe('auto-generated');
    expect(envelope).toEqual({
      from: 'backup@office.example',
      to: ['a@x.example', 'b@x.example', 'c@x.example'],
    });
  });

  test('its text part is the letter’s lines as given, its HTML part the same words', async () => {
    const text = ['Done – “Ümläut” €', '', '  indented:   kept', `long ${'word '.repeat(60)}end`, '.', '-- '];
    const { parsed } = await compose({ text });
    expect(parsed.text).toBe(`${text.join('\n')}\n`);
    expect(parsed.html).toContain('Done – “Ümläut” €');
    expect(parsed.html).toContain('✔');
    expect(parsed.attachments).toEqual([]);
  });

  test('is 7-bit text in lines that every server takes', async () => {
    const { raw } = await compose({ text: ['ä'.repeat(5000), 'x'.repeat(5000)], subject: 'ß'.repeat(300) });
    expect(raw).toMatch(/^[\t\r\n\x20-\x7e]*$/);
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
    expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  test('a German subject with umlauts arrives as written', async () => {
    const subject = 'Sicherung fertig: „Größe Übermäßig“, 1,5 TB – Platte kann abgezogen werden';
    const { parsed, header } = await compose({ subject }, 'Büro-Sicherung <büro@müller.example>', 'de');
    expect(parsed.subject).toBe(subject);
    expect(parsed.from?.value[0]?.name).toBe('Büro-Sicherung');
    expect(header).toContain('Content-Language: de');
  });

  test('a label cannot add a header, nor a recipient, nor steer a terminal', async () => {
    const evil = 'Disk\r\nBcc: evil@x.example\r\n\r\n<b>\x1b[2J\u202e';
    const { raw, header, parsed, envelope } = await compose({
      subject: `Backup of ${evil}`,
      text: [`Backup of ${evil}`],
      to: [`a@x.example\r\nBcc: evil@x.example`, `Berta\r\nBcc: evil@x.example <b@x.example>`],
    });
    expect(header).not.toMatch(/^(bcc|<b>)/im);
    expect(parsed.bcc).toBeUndefined();
    expect(envelope.to).not.toContain('evil@x.example');
    expect(envelope.to).toContain('b@x.example');
    expect(parsed.subject).toBe(
      'Backup of Disk\\x0d\\x0aBcc: evil@x.example\\x0d\\x0a\\x0d\\x0a<b>\\x1b[2J\\u202e',
    );
    expect(parsed.text?.split('\n')).toHaveLength(2);
    expect(parsed.html).not.toContain('<b>');
    expect(raw).not.toContain('\x1b');
    expect(parsed.html).not.toContain('\u202e');
  });

  test('a plain user name is an address', async () => {
    const { envelope, header } = await compose({ to: ['root'] });
    expect(envelope.to).toEqual(['root']);
    expect(header).toMatch(/^To: <?root>?\r?$/m);
  });

  test('without a configured sender it is this machine', async () => {
    const { envelope } = await compose({}, '');
    expect(envelope.from).toBe('plugback@backup.example');
  });

  test('without a recipient the envelope is empty', async () => {
    expect((await compose({ to: [], cc: [' '] })).envelope.to).toEqual([]);
  });

  test('an own HTML part replaces the made one', async () => {
    const { parsed } = await compose({ html: '<p>own</p>' });
    expect(parsed.html).toBe('<p>own</p>');
  });

  test('attachments arrive byte for byte; a missing one is told in the text, in the mail’s language', async () => {
    const bytes = Buffer.from('name \xff\xfe\r\nnext\nlast', 'latin1');
    await writeFile(path.join(folder, 'run.log'), bytes);
    const { parsed } = await compose(
      {
        text: ['Kopf'],
        attachments: [
          { name: 'Lauf.log', path: path.join(folder, 'run.log') },
          { name: 'rsync.log', path: '/nowhere/rsync.log' },
        ],
      },
      mailConfig.from,
      'de',
    );
    expect(parsed.attachments.map(({ filename }) => filename)).toEqual(['Lauf.log']);
    expect(parsed.attachments[0]?.content).toEqual(bytes);
    expect(parsed.text).toBe(
      'Kopf\n\nrsync.log ist nicht angehängt: /nowhere/rsync.log ist nicht lesbar (nicht vorhanden).\n',
    );
  });

  test('a destination that fails is an error, not a hanging', async () => {
    const broken = new Writable({ write: (_piece, _encoding, done) => done(new Error('disk full')) });
    const composing = composeMessage(
      letter,
      mailConfig,
      {
        date: new Date(),
        messageKey: 'x',
        hostname: 'h',
        translator: createTranslator('en'),
        workDirectory: folder,
      },
      broken,
    );
    await expect(composing).rejects.toThrow('disk full');
  });
});
