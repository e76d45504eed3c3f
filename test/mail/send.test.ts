/** The way to the server, against real servers in processes of their own. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { MailConfig } from '../../src/config/types.ts';
import { type MailerOptions, type PathTrial, tellTrial } from '../../src/mail/mailer.ts';
import { mailLimits, openSession, type SessionOptions } from '../../src/mail/send.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { makeOffice, type Office } from './certificates.ts';
import { type Desk, letter, mailConfig, makeDesk } from './desk.ts';
import { type SmtpCatchers, smtpCatchers } from './smtp-catcher.ts';

const login = { username: 'backup', password: 'correct horse=42' };

let servers: SmtpCatchers;
let folder: string;
let office: Office;
let desk: Desk;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plugback-office-'));
  [servers, office] = await Promise.all([smtpCatchers(), makeOffice(folder)]);
});

afterAll(async () => {
  await servers.endAll();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  desk = await makeDesk();
});

afterEach(() => desk.clear());

function trusting(): Pick<MailerOptions, 'environment'> {
  return { environment: { SSL_CERT_FILE: office.authorityFile } };
}

/** A server of this process that answers lines as it is told: to see from its side that the sockets are gone. */
async function scriptedServer(greeting: string, answer: (line: string) => string) {
  const closed: Promise<void>[] = [];
  const server = createServer((socket) => {
    closed.push(new Promise((resolve) => socket.once('close', () => resolve())));
    socket.on('error', () => undefined);
    socket.write(greeting);
    socket.setEncoding('latin1').on('data', (text: string) => {
      for (const line of text.split('\r\n')) socket.write(answer(line));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => closed.length,
    /** Waits until the other side has closed every connection. */
    close: async () => {
      await Promise.all(closed);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function outcome(trial: PathTrial): [ok: boolean, ...stages: string[]] {
  return [trial.ok, ...trial.stages.map(({ stage, state, failure }) => `${stage} ${failure?.kind ?? state}`)];
}

describe('the whole path', () => {
  test('in plain text, without login', async () => {
    const server = await servers.start();
    const trial = await desk.mailer({ port: server.port }).tryWholePath(letter);
    expect(outcome(trial)).toEqual([
      true,
      'resolve done',
      'connect done',
      'tls skipped',
      'login skipped',
      'accepted done',
    ]);
    expect(tellTrial(trial, createTranslator('en'))).toEqual([
      'The mail server 127.0.0.1 is known (127.0.0.1).',
      `Connected to 127.0.0.1, port ${server.port}.`,
      'The connection is not encrypted, because security = none is configured.',
      'No username is configured, so there was no login.',
      'The server took the mail for admin@office.example.',
    ]);
    const [mail] = await server.mails();
    expect(mail).toMatchObject({
      from: 'backup@office.example',
      to: ['admin@office.example'],
      secure: false,
    });
    expect(mail?.message.subject).toBe(letter.subject);
  });

  test.each(['starttls', 'tls'] as const)('with %s and login, by name and by address', async (security) => {
    const server = await servers.start({ security, certificate: office.server, login });
    for (const host of ['localhost', '127.0.0.1']) {
      const config = { server: host, port: server.port, security, ...login };
      const trial = await desk.mailer(config, trusting()).tryWholePath(letter);
      expect(outcome(trial)).toEqual([
        true,
        'resolve done',
        'connect done',
        'tls done',
        'login done',
        'accepted done',
      ]);
      expect(tellTrial(trial, createTranslator('de'))[2]).toMatch(/verschlüsselt \(TLSv1\.3\)/);
    }
    expect(await server.mails()).toMatchObject([
      { secure: true, user: 'backup' },
      { secure: true, user: 'backup' },
    ]);
  });

  test('a password from a file counts as it is now, without its last newline', async () => {
    const server = await servers.start({ login });
    const passwordFile = path.join(desk.folder, 'password');
    const mailer = desk.mailer({ port: server.port, username: login.username, passwordFile });
    await writeFile(passwordFile, 'outdated\n');
    expect(outcome(await mailer.tryWholePath(letter)).at(-1)).toBe('login login-refused');
    await writeFile(passwordFile, `${login.password}\r\n`);
    expect(outcome(await mailer.tryWholePath(letter))[0]).toBe(true);
  });

  test('none keeps to plain text even where encryption is offered', async () => {
    const server = await servers.start({ security: 'starttls', certificate: office.server });
    expect(outcome(await desk.mailer({ port: server.port }).tryWholePath(letter))[0]).toBe(true);
    expect(await server.mails()).toMatchObject([{ secure: false }]);
  });

  test('attachments and a missing outbox are no part of it', async () => {
    const server = await servers.start();
    const mailer = desk.mailer({ port: server.port });
    const attachments = [{ name: 'x', path: '/nowhere' }];
    expect((await mailer.tryWholePath({ ...letter, attachments })).ok).toBe(true);
    expect((await server.mails())[0]?.message.text).toBe(`${letter.text.join('\n')}\n`);
    expect((await mailer.waiting()).mails).toEqual([]);
  });
});

describe('what stands in the way is told at its stage', () => {
  /** Tries a path that ends early and returns where, why, and all that was told. */
  async function failing(config: Partial<MailConfig>, options: Partial<MailerOptions> = {}) {
    const trial = await desk.mailer(config, options).tryWholePath(letter);
    expect(trial.ok).toBe(false);
    return {
      last: outcome(trial).at(-1),
      told: tellTrial(trial, createTranslator('en')).at(-1) ?? '',
      trial,
    };
  }

  test('an unknown host', async () => {
    const { last, told } = await failing({ server: 'no-such-host.invalid' });
    expect(last).toBe('resolve unknown-host');
    expect(told).toMatch(/^The mail server no-such-host\.invalid is not known .*“server” in section MAIL/);
  });

  test('nobody at the port', async () => {
    const server = await servers.start();
    await server.goDown();
    expect((await failing({ port: server.port })).last).toBe('connect connection-refused');
  });

  test('a server that wants encryption and is not offered it', async () => {
    const server = await servers.start({ security: 'none' });
    const { last, told } = await failing({ port: server.port, security: 'starttls' });
    expect(last).toBe('tls tls-not-offered');
    expect(told).toContain('Nothing was sent.');
    expect(await server.mails()).toEqual([]);
  });

  test('encryption from the start at a port of plain text', async () => {
    const server = await servers.start({ security: 'none' });
    expect((await failing({ port: server.port, security: 'tls' })).last).toBe('tls tls-failed');
  });

  test.each(['starttls', 'tls'] as const)('certificates, with %s', async (security) => {
    const server = await servers.start({ security, certificate: office.server });
    const config = { server: 'localhost', port: server.port, security };
    // The authority is not installed.
    const untrusted = await failing(config);
    expect(untrusted.last).toBe('tls certificate-untrusted');
    expect(untrusted.told).toContain('update-ca-certificates');
    await server.goDown();
    await server.comeUp({ security, certificate: office.otherName });
    expect((await failing(config, trusting())).last).toBe('tls certificate-name');
    await server.goDown();
    await server.comeUp({ security, certificate: office.expired });
    expect((await failing(config, trusting())).last).toBe('tls certificate-expired');
    expect(await server.mails()).toEqual([]);
  });

  test('a wrong password, which appears nowhere, even when the server repeats it', async () => {
    const server = await servers.start({ login, echoesPassword: true });
    const { last, told, trial } = await failing({
      port: server.port,
      username: login.username,
      password: 'wr0ng=secret',
    });
    expect(last).toBe('login login-refused');
    expect(told).toContain('535 5.7.8 authentication failed for backup with ***');
    expect(told).toContain('“username” and “password-file”');
    expect(JSON.stringify(trial)).not.toContain('wr0ng');
    expect(JSON.stringify(trial)).not.toContain(Buffer.from('wr0ng=secret').toString('base64'));
  });

  test('a missing, unreadable or empty password', async () => {
    const server = await servers.start({ login });
    const config = { port: server.port, username: login.username };
    expect((await failing(config)).last).toBe('login password-missing');
    const missing = await failing({ ...config, passwordFile: '/nowhere/password' });
    expect(missing.last).toBe('login password-file');
    expect(missing.told).toMatch(
      /^The password file \/nowhere\/password cannot be read: ENOENT\. .*“password-file”/,
    );
    const passwordFile = path.join(desk.folder, 'password');
    await writeFile(passwordFile, '\n');
    expect((await failing({ ...config, passwordFile })).last).toBe('login password-missing');
  });

  test('a server that offers no login, and one that wants it', async () => {
    const without = await servers.start({ hidesLogin: true });
    expect((await failing({ port: without.port, ...login })).last).toBe('login login-not-offered');
    const wanting = await servers.start({ login });
    expect((await failing({ port: wanting.port })).last).toBe('login login-required');
  });

  test('a sender that is not liked', async () => {
    const server = await servers.start({ refusesSender: 'backup@office.example' });
    const { last, told } = await failing({ port: server.port });
    expect(last).toBe('accepted sender-refused');
    expect(told).toContain('refused the sender backup@office.example: 553');
    expect(told).toContain('“from-mail-address”');
  });

  test('some recipients that are not liked: who got it is told, too', async () => {
    const server = await servers.start({ refusesRecipients: ['gone@office.example'] });
    const trial = await desk
      .mailer({ port: server.port })
      .tryWholePath({ ...letter, to: ['admin@office.example', 'gone@office.example'] });
    expect(outcome(trial)).toContain('accepted recipient-refused');
    expect(tellTrial(trial, createTranslator('en')).slice(-2)).toEqual([
      'The server took the mail for admin@office.example.',
      expect.stringContaining('refused the recipient gone@office.example: 550 5.1.1 no such user here.'),
    ]);
    expect(await server.mails()).toHaveLength(1);
  });

  test('no server, and nobody to write to', async () => {
    expect((await failing({ server: null })).last).toBe('resolve not-configured');
    const trial = await desk.mailer({}).tryWholePath({ ...letter, to: [], cc: [] });
    expect(outcome(trial)).toEqual([false, 'accepted no-recipients']);
  });
});

describe('a conversation', () => {
  function sessionOptions(port: number): SessionOptions {
    const config = { ...mailConfig, port };
    return { config, environment: {}, limits: mailLimits, signal: new AbortController().signal };
  }
  const envelope = { from: 'backup@office.example', to: ['admin@office.example'] };

  test('a message that breaks off while it is read is never taken for a whole one', async () => {
    const server = await servers.start();
    const session = await openSession(sessionOptions(server.port));
    const content = Readable.from(
      (async function* () {
        yield 'Subject: half\r\n\r\nfirst line\r\n';
        throw Object.assign(new Error('read failed'), { code: 'EIO' });
      })(),
    );
    const sending = session.send(envelope, { size: 1000, content });
    await expect(sending).rejects.toMatchObject({ failure: { kind: 'unexpected', said: 'read failed' } });
    expect(session.isUsable()).toBe(false);
    await session.close();
    // By then the server has seen the end of that connection, too.
    expect((await desk.mailer({ port: server.port }).tryWholePath(letter)).ok).toBe(true);
    expect((await server.mails()).map(({ message }) => message.subject)).toEqual([letter.subject]);
  });

  test.each(['connect', 'tls', 'login'] as const)(
    'stopped right after %s: the socket is closed',
    async (last) => {
      const server = await scriptedServer('220 here\r\n', (line) =>
        /^EHLO/.test(line) ? '250 fine\r\n' : '',
      );
      const stop = new AbortController();
      const opening = openSession({
        ...sessionOptions(server.port),
        signal: stop.signal,
        onStage: (stage) => {
          if (stage === last) stop.abort();
        },
      });
      const trying = opening.then((session) =>
        session.send(envelope, { size: 1, content: Readable.from(['x']) }).finally(() => session.close()),
      );
      await expect(trying).rejects.toMatchObject({ failure: { kind: 'stopped' } });
      await server.close();
      expect(server.connections()).toBe(1);
    },
  );
});

describe('a server that hangs', () => {
  const short = { ...mailLimits, greetingMs: 300, socketMs: 300, acceptMs: 600 };

  test('without a greeting: given up after its own limit', async () => {
    const server = await servers.start({ hangs: 'greeting' });
    for (const security of ['none', 'starttls'] as const) {
      const trial = await desk
        .mailer({ port: server.port, security }, { limits: short })
        .tryWholePath(letter);
      expect(outcome(trial).at(-1)).toBe('tls silent');
    }
  });

  test.each(['starttls', 'tls'] as const)('in the middle of the TLS handshake, with %s', async (security) => {
    const server = await scriptedServer(security === 'tls' ? '' : '220 here\r\n', (line) =>
      line.startsWith('EHLO') ? '250 STARTTLS\r\n' : line === 'STARTTLS' ? '220 go on\r\n' : '',
    );
    const mailer = desk.mailer({ port: server.port, security }, { limits: short });
    expect(outcome(await mailer.tryWholePath(letter)).at(-1)).toBe('tls silent');
    await server.close();
  });

  test('after the mail: given up after the longer limit', async () => {
    const server = await servers.start({ hangs: 'after-data' });
    const startedAt = performance.now();
    const trial = await desk.mailer({ port: server.port }, { limits: short }).tryWholePath(letter);
    expect(outcome(trial).at(-1)).toBe('accepted silent');
    expect(performance.now() - startedAt).toBeGreaterThan(600);
  });

  test.each(['greeting', 'after-data'] as const)(
    '%s: the overall limit tears the connection down',
    async (hangs) => {
      const server = await scriptedServer(hangs === 'greeting' ? '' : '220 here\r\n', (line) =>
        /^(EHLO|MAIL|RCPT)/.test(line) ? '250 fine\r\n' : line === 'DATA' ? '354 go on\r\n' : '',
      );
      const startedAt = performance.now();
      const trial = await desk.mailer({ port: server.port }).tryWholePath(letter, { timeoutMs: 400 });
      expect(outcome(trial).at(-1)).toMatch(/ out-of-time$/);
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      await server.close();
      expect(server.connections()).toBe(1);
    },
  );

  test('a stop from outside ends it at once', async () => {
    const server = await servers.start({ hangs: 'greeting' });
    const stop = new AbortController();
    const trying = desk.mailer({ port: server.port }).tryWholePath(letter, { signal: stop.signal });
    await expect.poll(() => server.connections()).toBe(1);
    stop.abort();
    expect(outcome(await trying).at(-1)).toMatch(/ stopped$/);
    expect((await desk.mailer({}).tryWholePath(letter, { signal: stop.signal })).ok).toBe(false);
  });
});
