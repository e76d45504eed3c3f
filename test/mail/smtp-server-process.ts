/** A mail server as a process: the catcher of the demo, with every bad habit that a test asks for. */

import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import type { SMTPServerOptions } from 'smtp-server';
import { startCatcher } from '../../src/mail/catcher.ts';

/** What the server is like. Everything that is left out behaves. */
export interface ServerHabits {
  /** Mails appear here, and `connections.log` with a line for each connection. */
  directory: string;
  /** A free one by default. */
  port?: number;
  security?: 'none' | 'starttls' | 'tls';
  /** PEM; wanted for starttls and tls. */
  certificate?: { key: string; cert: string };
  /** Wants this login before it takes a mail. */
  login?: { username: string; password: string };
  /** Repeats the password that it got when it refuses a login. */
  echoesPassword?: boolean;
  /** Offers AUTH to nobody. */
  hidesLogin?: boolean;
  refusesSender?: string;
  refusesRecipients?: string[];
  /** Answers 451, "try later". */
  defersRecipients?: string[];
  /** Refuses mails that hold this text with 554. */
  refusesText?: string;
  /** Ends the connection (421) when a mail holds this text. */
  hangsUpAtText?: string;
  /** Takes no more than so many mails over one connection. */
  mailsPerConnection?: number;
  /** The largest mail in bytes, announced in advance. */
  size?: number;
  /** Refuses mails above `size` only after it got them. */
  hidesSize?: boolean;
  /** `greeting`: never says a word. `after-data`: keeps the mail, but never answers for it. */
  hangs?: 'greeting' | 'after-data';
}

function refusal(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}

function serverOptions(habits: ServerHabits): SMTPServerOptions {
  const { login, security = 'none' } = habits;
  const hidden = [...(security === 'starttls' ? [] : ['STARTTLS']), ...(habits.hidesLogin ? ['AUTH'] : [])];
  return {
    ...habits.certificate,
    secure: security === 'tls',
    disabledCommands: hidden,
    authOptional: login === undefined || habits.hidesLogin === true,
    allowInsecureAuth: security === 'none',
    ...(habits.size === undefined ? {} : { size: habits.size }),
    hideSize: habits.hidesSize ?? false,
    rejectOversized: habits.hidesSize ?? false,
    onConnect: (session, done) => {
      appendFile(path.join(habits.directory, 'connections.log'), `${session.id}\n`).then(() => {
        if (habits.hangs !== 'greeting') done();
      }, done);
    },
    onAuth: (auth, _session, done) => {
      if (login === undefined || (auth.username === login.username && auth.password === login.password)) {
        return done(null, { user: auth.username });
      }
      const echo = habits.echoesPassword ? ` for ${auth.username} with ${auth.password}` : '';
      done(refusal(535, `5.7.8 authentication failed${echo}`));
    },
    onMailFrom: ({ address }, session, done) => {
      if (address === habits.refusesSender) return done(refusal(553, '5.7.1 sender not owned by user'));
      if (session.transaction > (habits.mailsPerConnection ?? Number.POSITIVE_INFINITY)) {
        return done(refusal(421, '4.7.0 too many mails for one connection'));
      }
      done();
    },
    onRcptTo: ({ address }, _session, done) => {
      if (habits.refusesRecipients?.includes(address)) return done(refusal(550, '5.1.1 no such user here'));
      if (habits.defersRecipients?.includes(address))
        return done(refusal(451, '4.7.1 greylisted, try later'));
      done();
    },
  };
}

async function main(habits: ServerHabits): Promise<void> {
  const catcher = await startCatcher({
    directory: habits.directory,
    ...(habits.port === undefined ? {} : { port: habits.port }),
    server: serverOptions(habits),
    onMail: async ({ raw }, store) => {
      const text = raw.toString('latin1');
      if (habits.refusesText !== undefined && text.includes(habits.refusesText)) {
        throw refusal(554, '5.7.1 this looks like spam');
      }
      if (habits.hangsUpAtText !== undefined && text.includes(habits.hangsUpAtText)) {
        throw refusal(421, '4.3.0 scanner fell over');
      }
      if (habits.size === undefined || raw.length <= habits.size) await store();
      if (habits.hangs === 'after-data') await new Promise(() => undefined);
    },
  });
  process.stdout.write(`${catcher.port}\n`);
  // Whoever started this server is gone.
  process.stdin.resume().once('end', () => process.exit());
}

await main(JSON.parse(process.argv[2] ?? '{}'));
