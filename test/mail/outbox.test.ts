/** The outbox as files: durable, private, and not upset by what it finds. */

import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { simpleParser } from 'mailparser';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listOutbox, sweep } from '../../src/mail/outbox.ts';
import { bundle, end, type Program } from './bundle.ts';
import { type Desk, letter, mailConfig, makeDesk } from './desk.ts';
import type { Task } from './mailer-process.ts';

let desk: Desk;
let mailerProcess: Program;

beforeAll(async () => {
  mailerProcess = await bundle('mailer-process');
});

afterAll(() => mailerProcess.remove());

beforeEach(async () => {
  desk = await makeDesk();
});

afterEach(() => desk.clear());

async function modeOf(file: string): Promise<string> {
  return ((await stat(file)).mode & 0o777).toString(8);
}

describe('posting', () => {
  test('puts a mail and its record into a private folder', async () => {
    expect(await desk.mailer({}).post({ ...letter, cc: ['boss@office.example'] })).toBe('queued');
    const names = (await readdir(desk.outbox)).sort();
    expect(names).toHaveLength(2);
    expect(names.map((name) => name.replace(/^\d{8}T\d{9}Z-[0-9a-f]{8}/, ''))).toEqual(['.eml', '.json']);
    expect(await modeOf(desk.outbox)).toBe('700');
    // The history in the folder above is for more eyes.
    expect(await modeOf(desk.stateDirectory)).not.toBe('700');
    for (const name of names) expect(await modeOf(path.join(desk.outbox, name))).toBe('600');

    const mail = await simpleParser(await readFile(path.join(desk.outbox, names[0] ?? '')));
    expect(mail.subject).toBe(letter.subject);
    const { mails, unreadable } = await desk.mailer({}).waiting();
    expect(unreadable).toEqual([]);
    expect(mails).toMatchObject([
      {
        subject: letter.subject,
        envelope: { from: 'backup@office.example', to: ['admin@office.example', 'boss@office.example'] },
        attempts: 0,
        lastTriedAt: null,
        lastError: null,
      },
    ]);
  });

  test('closes a folder that was left open', async () => {
    await mkdir(desk.outbox, { recursive: true, mode: 0o755 });
    await desk.mailer({}).post(letter);
    expect(await modeOf(desk.outbox)).toBe('700');
  });

  test('needs no server, and takes no time because of one', async () => {
    // An address that swallows every packet.
    const mailer = desk.mailer({ server: '192.0.2.1' });
    expect(await mailer.post(letter)).toBe('queued');
    expect((await mailer.waiting()).mails).toHaveLength(1);
  });

  test('does nothing without a configured server, or without a recipient', async () => {
    const none = desk.mailer({ server: null });
    expect(none.isConfigured).toBe(false);
    expect(await none.post(letter)).toBe('not-configured');
    expect(await none.flush()).toEqual({ sent: 0, waiting: 0, lastError: null });
    expect(await desk.mailer({}).post({ ...letter, to: [''], cc: [] })).toBe('no-recipients');
    expect(await readdir(desk.stateDirectory).catch(() => [])).toEqual([]);
  });

  test('tells when the outbox cannot be written', async () => {
    await mkdir(desk.stateDirectory, { recursive: true });
    await writeFile(desk.outbox, 'a file where the folder belongs');
    await expect(desk.mailer({}).post(letter)).rejects.toMatchObject({
      code: 'directory-unusable',
      details: { path: desk.outbox },
    });
  });

  test('leaves no temporary file behind, not even for a large attachment', async () => {
    const log = path.join(desk.folder, 'rsync.log');
    await writeFile(log, 'line\n'.repeat(500_000));
    await desk.mailer({}).post({ ...letter, attachments: [{ name: 'rsync.log', path: log }] });
    expect((await readdir(desk.outbox)).filter((name) => !/^\d.*\.(eml|json)$/.test(name))).toEqual([]);
  });

  test('a process killed at any moment: what it said it had posted is there, whole', async () => {
    const task: Task = {
      config: mailConfig,
      stateDirectory: desk.stateDirectory,
      runtimeDirectory: desk.runtimeDirectory,
      environment: {},
      letters: [letter],
      endless: true,
      flush: false,
    };
    const child = mailerProcess.start(task);
    let output = '';
    await new Promise<void>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        if (output.split('\n').length > 20) resolve();
      });
    });
    await end(child, 'SIGKILL');
    const said = output.split('\n').slice(0, -1);
    const posted = (JSON.parse(said.at(-1) ?? '') as { ids: string[] }).ids;
    expect(posted.length).toBeGreaterThanOrEqual(20);
    const { mails, unreadable } = await desk.mailer({}).waiting();
    expect(unreadable).toEqual([]);
    expect(mails.map(({ id }) => id)).toEqual(expect.arrayContaining(posted));
    for (const { id } of mails) {
      const mail = await simpleParser(await readFile(path.join(desk.outbox, `${id}.eml`)));
      expect(mail.html).toContain('</html>');
    }
  });
});

describe('foreign and damaged files', () => {
  test('are left alone and stop nothing; those that look like ours are named', async () => {
    await desk.mailer({}).post(letter);
    const [known] = (await desk.mailer({}).waiting()).mails;
    const id = '20200101T000000000Z-';
    const strange: Record<string, string> = {
      'README.txt': 'hello',
      'notes.json': '{}',
      [`${id}00000001.json`]: '',
      [`${id}00000002.json`]: '{"id": "20200101T000000000Z-00000002", "envelope"',
      [`${id}00000003.json`]: 'null',
      [`${id}00000004.json`]: JSON.stringify({ ...known, id: 'another' }),
      [`${id}00000005.json`]: JSON.stringify({ ...known, id: `${id}00000005` }),
      [`${id}00000006.json`]: JSON.stringify({
        ...known,
        id: `${id}00000006`,
        envelope: { from: 1, to: 'x' },
      }),
      [`${id}00000007.eml`]: 'a message without a record',
    };
    for (const [name, text] of Object.entries(strange)) await writeFile(path.join(desk.outbox, name), text);
    for (const number of [1, 2, 3, 4, 6])
      await writeFile(path.join(desk.outbox, `${id}0000000${number}.eml`), 'x');
    await mkdir(path.join(desk.outbox, `${id}00000008.json`));

    const { mails, unreadable } = await desk.mailer({}).waiting();
    expect(mails).toEqual([known]);
    expect(unreadable).toEqual([1, 2, 3, 4, 5, 6, 8].map((number) => `${id}0000000${number}.json`));
  });

  test('odd bookkeeping in a record is forgotten, the mail is not', async () => {
    await desk.mailer({}).post(letter);
    const [mail] = (await desk.mailer({}).waiting()).mails;
    const odd = {
      ...mail,
      attempts: 'many',
      lastError: { kind: 'of another version' },
      lastTriedAt: 7,
      setAside: 'x',
    };
    await writeFile(path.join(desk.outbox, `${mail?.id}.json`), JSON.stringify(odd));
    expect((await desk.mailer({}).waiting()).mails).toEqual([mail]);
  });

  test('there is no folder: nothing waits', async () => {
    expect(await listOutbox('/nowhere')).toEqual({ mails: [], unreadable: [] });
  });

  test('what killed processes left is swept up when it is old, and nothing else', async () => {
    await desk.mailer({}).post(letter);
    const kept = await readdir(desk.outbox);
    const id = '20200101T000000000Z-00000001';
    const leftovers = [`${id}.eml`, `.${id}.eml.tmp`, `.${id}.json.tmp`, `.${id}-0.gz.tmp`];
    for (const name of [...leftovers, 'foreign.eml', '.foreign.tmp'])
      await writeFile(path.join(desk.outbox, name), '');

    await sweep(desk.stateDirectory, Date.now());
    expect(await readdir(desk.outbox)).toEqual(expect.arrayContaining(leftovers));
    const longAgo = new Date(Date.now() - 24 * 3600 * 1000);
    for (const name of await readdir(desk.outbox))
      await utimes(path.join(desk.outbox, name), longAgo, longAgo);
    await sweep(desk.stateDirectory, Date.now());
    expect((await readdir(desk.outbox)).sort()).toEqual([...kept, 'foreign.eml', '.foreign.tmp'].sort());
  });
});
