/** Mails that wait, and servers as they are: away, choosy, slow, in a hurry. Against real servers over the wire. */

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MailFailure, tellMailFailure } from '../../src/mail/failure.ts';
import type { FlushResult } from '../../src/mail/flush.ts';
import { mailLimits } from '../../src/mail/send.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { bundle, end, type Program } from './bundle.ts';
import { type Desk, letter, mailConfig, makeDesk } from './desk.ts';
import type { Task } from './mailer-process.ts';
import { type SmtpCatcher, type SmtpCatchers, smtpCatchers } from './smtp-catcher.ts';

let servers: SmtpCatchers;
let mailerProcess: Program;
let desk: Desk;

beforeAll(async () => {
  [servers, mailerProcess] = await Promise.all([smtpCatchers(), bundle('mailer-process')]);
});

afterAll(async () => {
  await servers.endAll();
  await mailerProcess.remove();
});

beforeEach(async () => {
  desk = await makeDesk();
});

afterEach(() => desk.clear());

function titled(subject: string) {
  return { ...letter, subject };
}

function taskFor(server: SmtpCatcher, changes: Partial<Task> = {}): Task {
  return {
    config: { ...mailConfig, port: server.port },
    stateDirectory: desk.stateDirectory,
    runtimeDirectory: desk.runtimeDirectory,
    environment: {},
    letters: [],
    flush: true,
    ...changes,
  };
}

function resultIn(output: string): FlushResult {
  return (JSON.parse(output.trim().split('\n').at(-1) ?? '') as { result: FlushResult }).result;
}

async function subjects(server: SmtpCatcher): Promise<string[]> {
  return (await server.mails()).map(({ message }) => message.subject ?? '');
}

function words(failure: MailFailure | null): string {
  if (failure === null) return '';
  const { problem, remedy } = tellMailFailure(failure, createTranslator('en'));
  return `${problem} ${remedy}`;
}

describe('sending what waits', () => {
  test('the oldest first, over one connection, and the outbox is empty', async () => {
    const server = await servers.start();
    const mailer = desk.mailer({ port: server.port });
    for (const subject of ['one', 'two', 'three']) await mailer.post(titled(subject));
    expect(await mailer.flush()).toEqual({ sent: 3, waiting: 0, lastError: null });
    expect(await subjects(server)).toEqual(['one', 'two', 'three']);
    expect(await server.connections()).toBe(1);
    expect(await desk.everythingInOutbox()).toBe('');
    expect(await mailer.flush()).toEqual({ sent: 0, waiting: 0, lastError: null });
    expect(await server.connections()).toBe(1);
  });

  test('each recipient gets it once, with the letter’s words', async () => {
    const server = await servers.start();
    const mailer = desk.mailer({ port: server.port });
    await mailer.post({ ...letter, to: ['a@x.example', 'b@x.example'], cc: ['B@x.example', 'c@x.example'] });
    await mailer.flush();
    const [mail] = await server.mails();
    expect(mail?.to).toEqual(['a@x.example', 'b@x.example', 'c@x.example']);
    expect(mail?.message.text).toBe(`${letter.text.join('\n')}\n`);
    expect(mail?.message.messageId).toMatch(/^<.*@backup\.example>$/);
  });

  test('lines that begin with a dot arrive as they are', async () => {
    const server = await servers.start();
    const mailer = desk.mailer({ port: server.port });
    await mailer.post({ ...letter, text: ['head', '.', '..', '.hidden'] });
    await mailer.flush();
    expect((await server.mails())[0]?.message.text).toBe('head\n.\n..\n.hidden\n');
  });

  test('logs arrive: one as it is, one compressed', async () => {
    const server = await servers.start();
    const mailer = desk.mailer({ port: server.port });
    const [runLog, rsyncLog] = [path.join(desk.folder, 'run.log'), path.join(desk.folder, 'rsync.log')];
    await writeFile(runLog, 'Schritt fertig: „Größe“\n');
    await writeFile(rsyncLog, '>f+++++++++ some/file name\n'.repeat(100_000));
    await mailer.post({
      ...letter,
      attachments: [
        { name: 'run.log', path: runLog },
        { name: 'rsync.log', path: rsyncLog },
      ],
    });
    // What is attached is what the log held then.
    await writeFile(runLog, 'something else');
    await mailer.flush();
    const attached = (await server.mails())[0]?.message.attachments ?? [];
    expect(attached.map(({ filename, contentType }) => [filename, contentType])).toEqual([
      ['run.log', 'text/plain'],
      ['rsync.log.gz', 'application/gzip'],
    ]);
    expect(attached[0]?.content.toString()).toBe('Schritt fertig: „Größe“\n');
    expect(gunzipSync(attached[1]?.content ?? '').toString()).toBe(
      '>f+++++++++ some/file name\n'.repeat(100_000),
    );
  });

  test('a huge log needs little memory', async () => {
    const server = await servers.start();
    const log = path.join(desk.folder, 'rsync.log');
    // More than may be in memory, and more than may be attached.
    const block = Buffer.from(Array.from({ length: 8192 }, (_, i) => `${Math.sin(i) * 1e6} file\n`).join(''));
    await writeFile(log, Buffer.concat(Array.from({ length: Math.ceil(1.5e8 / block.length) }, () => block)));
    const output = await mailerProcess.run(
      taskFor(server, { letters: [{ ...letter, attachments: [{ name: 'rsync.log', path: log }] }] }),
    );
    expect(resultIn(output)).toEqual({ sent: 1, waiting: 0, lastError: null });
    const { peakMemoryKb } = JSON.parse(output.trim().split('\n').at(-1) ?? '') as { peakMemoryKb: number };
    expect(peakMemoryKb).toBeLessThan(110_000);
    expect((await server.mails())[0]?.raw.length).toBeLessThan(10_240_000);
  }, 60_000);
});

describe('a server that is away', () => {
  test('down, then up: the mail leaves with the next flush, also from another process', async () => {
    const server = await servers.start();
    await server.goDown();
    const mailer = desk.mailer({ port: server.port });
    await mailer.post(titled('waits'));
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const result = await mailer.flush();
      expect(result).toMatchObject({ sent: 0, waiting: 1, lastError: { kind: 'connection-refused' } });
      expect((await mailer.waiting()).mails).toMatchObject([
        { attempts: attempt, lastError: { kind: 'connection-refused' } },
      ]);
    }
    await server.comeUp();
    expect(resultIn(await mailerProcess.run(taskFor(server)))).toEqual({
      sent: 1,
      waiting: 0,
      lastError: null,
    });
    expect(await subjects(server)).toEqual(['waits']);
  });

  test('twenty waiting mails try it once, not twenty times', async () => {
    const server = await servers.start({ hangs: 'greeting' });
    const mailer = desk.mailer({ port: server.port }, { limits: { ...mailLimits, greetingMs: 200 } });
    for (let number = 0; number < 20; number += 1) await mailer.post(titled(`number ${number}`));
    expect(await mailer.flush()).toMatchObject({ sent: 0, waiting: 20, lastError: { kind: 'silent' } });
    expect(await server.connections()).toBe(1);
  });

  test('it hangs for ever: over within the limit, and the mail waits', async () => {
    for (const hangs of ['greeting', 'after-data'] as const) {
      const server = await servers.start({ hangs });
      const mailer = desk.mailer({ port: server.port });
      await mailer.post(letter);
      const startedAt = performance.now();
      const result = await mailer.flush({ timeoutMs: 500 });
      expect(performance.now() - startedAt).toBeLessThan(2_500);
      expect(result.lastError?.kind).toBe('out-of-time');
      expect(result.waiting).toBeGreaterThan(0);
    }
  });

  test.each(['greeting', 'after-data'] as const)(
    'it hangs (%s): the sending process ends all the same',
    async (hangs) => {
      const server = await servers.start({ hangs });
      const startedAt = performance.now();
      const output = await mailerProcess.run(taskFor(server, { letters: [letter], timeoutMs: 500 }));
      expect(performance.now() - startedAt).toBeLessThan(4_000);
      expect(resultIn(output)).toMatchObject({ waiting: 1, lastError: { kind: 'out-of-time' } });
    },
  );

  test('told to stop, it stops, and the mail waits', async () => {
    const server = await servers.start({ hangs: 'after-data' });
    const mailer = desk.mailer({ port: server.port });
    await mailer.post(letter);
    const stop = new AbortController();
    const flushing = mailer.flush({ signal: stop.signal });
    await expect.poll(() => subjects(server)).toHaveLength(1);
    stop.abort();
    expect(await flushing).toMatchObject({ sent: 0, waiting: 1, lastError: { kind: 'stopped' } });
  });
});

describe('a server that does not want', () => {
  test('a wrong password: the mail stays, the password appears nowhere', async () => {
    const server = await servers.start({
      login: { username: 'backup', password: 'right' },
      echoesPassword: true,
    });
    const password = 'wr0ng=secret';
    const mailer = desk.mailer({ port: server.port, username: 'backup', password });
    await mailer.post(letter);
    const result = await mailer.flush();
    expect(result).toMatchObject({ sent: 0, waiting: 1, lastError: { kind: 'login-refused' } });
    expect(words(result.lastError)).toContain('“password-file”');
    const everything = JSON.stringify(result) + (await desk.everythingInOutbox()) + words(result.lastError);
    for (const secret of [password, Buffer.from(password).toString('base64')]) {
      expect(everything).not.toContain(secret);
    }
    await server.goDown();
    await server.comeUp({ login: { username: 'backup', password } });
    expect(await mailer.flush()).toMatchObject({ sent: 1, waiting: 0 });
    expect((await server.mails()).map(({ user }) => user)).toEqual(['backup']);
  });

  test('no encryption where it is demanded: the mail stays', async () => {
    const server = await servers.start();
    const mailer = desk.mailer({ port: server.port, security: 'starttls' });
    await mailer.post(letter);
    expect(await mailer.flush()).toMatchObject({
      sent: 0,
      waiting: 1,
      lastError: { kind: 'tls-not-offered' },
    });
    expect(await server.mails()).toEqual([]);
  });

  test('one recipient refused: the others have it, it waits for that one alone', async () => {
    const server = await servers.start({
      refusesRecipients: ['gone@x.example'],
      defersRecipients: ['grey@x.example'],
    });
    const mailer = desk.mailer({ port: server.port });
    await mailer.post({ ...letter, to: ['a@x.example', 'gone@x.example'], cc: ['grey@x.example'] });
    const result = await mailer.flush();
    expect(result).toMatchObject({ sent: 0, waiting: 1, lastError: { kind: 'recipient-refused' } });
    expect(words(result.lastError)).toContain('the recipients gone@x.example and grey@x.example: 550');
    expect((await server.mails()).map(({ to }) => to)).toEqual([['a@x.example']]);
    expect((await mailer.waiting()).mails[0]?.envelope.to).toEqual(['gone@x.example', 'grey@x.example']);

    await server.goDown();
    await server.comeUp({});
    expect(await mailer.flush()).toEqual({ sent: 1, waiting: 0, lastError: null });
    const mails = await server.mails();
    expect(mails.map(({ to }) => to)).toEqual([['a@x.example'], ['gone@x.example', 'grey@x.example']]);
    expect(new Set(mails.map(({ message }) => message.messageId)).size).toBe(1);
  });

  test.each([
    ['refused', { refusesText: 'POISON' }, 'message-refused'],
    ['that kills its connection', { hangsUpAtText: 'POISON' }, 'hung-up'],
    ['for a recipient nobody knows', { refusesRecipients: ['poison@x.example'] }, 'recipient-refused'],
  ] as const)('a mail %s does not block the others', async (_what, habits, kind) => {
    const server = await servers.start({ ...habits, refusesRecipients: ['poison@x.example'] });
    const mailer = desk.mailer({ port: server.port });
    await mailer.post(titled('first'));
    const to = kind === 'recipient-refused' ? ['poison@x.example'] : letter.to;
    await mailer.post({ ...letter, subject: 'bad', text: ['POISON'], to });
    await mailer.post(titled('last'));
    expect(await mailer.flush()).toMatchObject({ sent: 2, waiting: 1, lastError: { kind } });
    expect(await subjects(server)).toEqual(['first', 'last']);
    expect((await mailer.waiting()).mails).toMatchObject([{ subject: 'bad', setAside: true }]);
  });

  test('a mail over which the server falls silent is tried last the next time', async () => {
    const server = await servers.start({ hangs: 'after-data' });
    const limits = { ...mailLimits, socketMs: 300, acceptMs: 300 };
    const mailer = desk.mailer({ port: server.port }, { limits });
    await mailer.post(titled('one'));
    await mailer.post(titled('two'));
    expect(await mailer.flush()).toMatchObject({ sent: 0, waiting: 2, lastError: { kind: 'silent' } });
    await server.goDown();
    await server.comeUp({});
    expect(await mailer.flush()).toMatchObject({ sent: 2, waiting: 0 });
    // The first one was taken before the silence: a duplicate, under the same Message-ID.
    expect(await subjects(server)).toEqual(['one', 'two', 'one']);
    const ids = (await server.mails()).map(({ message }) => message.messageId);
    expect(ids[0]).toBe(ids[2]);
  });

  test('so many mails for one connection: the next ones get another', async () => {
    const server = await servers.start({ mailsPerConnection: 2 });
    const mailer = desk.mailer({ port: server.port });
    for (const subject of ['1', '2', '3', '4', '5']) await mailer.post(titled(subject));
    expect(await mailer.flush()).toEqual({ sent: 5, waiting: 0, lastError: null });
    expect(await subjects(server)).toEqual(['1', '2', '3', '4', '5']);
    expect(await server.connections()).toBe(3);
  });

  test.each([false, true])(
    'too large (told only afterwards: %s): the words arrive without the logs',
    async (hidesSize) => {
      const server = await servers.start({ size: 50_000, hidesSize });
      const mailer = desk.mailer({ port: server.port });
      const log = path.join(desk.folder, 'run.log');
      await writeFile(log, 'x'.repeat(200_000));
      await mailer.post({ ...letter, attachments: [{ name: 'run.log', path: log }] });
      const [posted] = (await mailer.waiting()).mails;
      expect(await mailer.flush()).toEqual({ sent: 1, waiting: 0, lastError: null });
      const [mail] = await server.mails();
      expect(mail?.message.attachments).toEqual([]);
      expect(mail?.message.text).toContain(
        `the mail server refused a mail of that size. The files lie here: ${log}.`,
      );
      expect(mail?.message.messageId).toBe(`<${posted?.id}@backup.example>`);
      expect(mail?.message.date?.toISOString()).toBe(posted?.createdAt.replace(/\.\d+Z/, '.000Z'));
    },
  );
});

describe('several at once', () => {
  test('processes that send at the same time send each mail once', async () => {
    const server = await servers.start();
    const mailer = desk.mailer({ port: server.port });
    const names = Array.from({ length: 12 }, (_, number) => `mail ${number}`);
    for (const name of names) await mailer.post(titled(name));
    const outputs = await Promise.all([1, 2, 3].map(() => mailerProcess.run(taskFor(server))));
    const results = outputs.map(resultIn);
    expect(results.reduce((sum, { sent }) => sum + sent, 0)).toBe(12);
    expect(results.map(({ waiting }) => waiting)).toEqual([0, 0, 0]);
    expect(await subjects(server)).toEqual(names);
  });

  test('within one process, too', async () => {
    const server = await servers.start();
    const mailer = desk.mailer({ port: server.port });
    for (const subject of ['one', 'two', 'three']) await mailer.post(titled(subject));
    const results = await Promise.all([mailer.flush(), mailer.flush(), mailer.flush()]);
    expect(results.reduce((sum, { sent }) => sum + sent, 0)).toBe(3);
    expect(await subjects(server)).toEqual(['one', 'two', 'three']);
  });

  test('who waits in vain for the other says so', async () => {
    const server = await servers.start({ hangs: 'after-data' });
    const mailer = desk.mailer({ port: server.port });
    await mailer.post(letter);
    const stop = new AbortController();
    const first = mailer.flush({ signal: stop.signal });
    await expect.poll(() => subjects(server)).toHaveLength(1);
    expect((await mailer.flush({ timeoutMs: 200 })).lastError?.kind).toBe('outbox-busy');
    stop.abort();
    await first;
  });

  test('killed between the server’s yes and the removal: sent again, under the same Message-ID', async () => {
    const server = await servers.start({ hangs: 'after-data' });
    await desk.mailer({}).post(letter);
    const sender = mailerProcess.start(taskFor(server));
    await expect.poll(() => subjects(server)).toHaveLength(1);
    await end(sender, 'SIGKILL');
    await server.goDown();
    await server.comeUp({});
    expect(resultIn(await mailerProcess.run(taskFor(server)))).toMatchObject({ sent: 1, waiting: 0 });
    const ids = (await server.mails()).map(({ message }) => message.messageId);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(ids[1]);
  }, 30_000);

  test('damaged files in the outbox do not keep the others from leaving', async () => {
    const server = await servers.start();
    const mailer = desk.mailer({ port: server.port });
    await mailer.post(letter);
    await writeFile(path.join(desk.outbox, '20200101T000000000Z-00000001.json'), '{ half');
    await writeFile(path.join(desk.outbox, '20200101T000000000Z-00000001.eml'), '');
    await mkdir(path.join(desk.outbox, '20200101T000000000Z-00000002.eml'));
    expect(await mailer.flush()).toEqual({ sent: 1, waiting: 0, lastError: null });
    expect((await mailer.waiting()).unreadable).toHaveLength(1);
  });

  test('an outbox that cannot be written sends nothing: it could not remember what it sent', async () => {
    const server = await servers.start();
    const mailer = desk.mailer({ port: server.port });
    await mailer.post(letter);
    const [mail] = (await mailer.waiting()).mails;
    // In the way of the record's next version.
    await mkdir(path.join(desk.outbox, `.${mail?.id}.json.tmp`));
    expect(await mailer.flush()).toMatchObject({ sent: 0, waiting: 1, lastError: { kind: 'unexpected' } });
    expect(await server.mails()).toEqual([]);
  });

  test('a runtime folder that cannot be used is told, not thrown', async () => {
    const server = await servers.start();
    await writeFile(desk.runtimeDirectory, 'a file where the folder belongs');
    const mailer = desk.mailer({ port: server.port });
    await mailer.post(letter);
    expect(await mailer.flush()).toMatchObject({ sent: 0, waiting: 1, lastError: { kind: 'unexpected' } });
  });
});
