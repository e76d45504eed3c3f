/** Starts and stops mail servers in processes of their own, and reads what they caught. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CaughtMail, caughtMails } from '../../src/mail/catcher.ts';
import { bundle, type Child, end, firstLine } from './bundle.ts';
import type { ServerHabits } from './smtp-server-process.ts';

export type { ServerHabits } from './smtp-server-process.ts';

export interface SmtpCatcher {
  readonly host: string;
  /** Stays the same when the server goes down and comes up again. */
  readonly port: number;
  /** The mails it took so far, parsed, in order; they outlive the server. */
  mails(): Promise<CaughtMail[]>;
  /** How many connections there were. */
  connections(): Promise<number>;
  /** The process is killed; connections to the port are refused from then on. */
  goDown(): Promise<void>;
  /** Starts it again on the same port, with other habits if given. */
  comeUp(habits?: Omit<ServerHabits, 'directory' | 'port'>): Promise<void>;
}

export interface SmtpCatchers {
  /** Starts a server on 127.0.0.1 that keeps what it catches in a folder of its own. */
  start(habits?: Omit<ServerHabits, 'directory' | 'port'>): Promise<SmtpCatcher>;
  /** Ends all servers and removes their folders. */
  endAll(): Promise<void>;
}

/**
 * Makes the server's program ready; to be called once before the tests of a file.
 *
 * @param launcher stands before the servers' command lines: what puts them on the network of another machine
 */
export async function smtpCatchers(launcher: readonly string[] = []): Promise<SmtpCatchers> {
  const program = await bundle('smtp-server-process');
  const children = new Set<Child>();
  const directories: string[] = [];

  const start = async (first: Omit<ServerHabits, 'directory' | 'port'> = {}): Promise<SmtpCatcher> => {
    const directory = await mkdtemp(path.join(tmpdir(), 'plugback-smtp-'));
    directories.push(directory);
    let child: Child | null = null;
    const comeUp = async (habits: Omit<ServerHabits, 'directory' | 'port'>, port?: number) => {
      child = program.start({ ...habits, directory, ...(port === undefined ? {} : { port }) }, launcher);
      children.add(child);
      return Number(await firstLine(child));
    };
    const port = await comeUp(first);
    return {
      host: '127.0.0.1',
      port,
      mails: () => caughtMails(directory),
      connections: async () => {
        const log = await readFile(path.join(directory, 'connections.log'), 'utf8').catch(() => '');
        return log.split('\n').length - 1;
      },
      goDown: async () => {
        if (child !== null) await end(child, 'SIGKILL');
      },
      comeUp: async (habits = first) => {
        await comeUp(habits, port);
      },
    };
  };

  return {
    start,
    endAll: async () => {
      await Promise.all([...children].map((child) => end(child, 'SIGKILL')));
      await Promise.all(directories.map((directory) => rm(directory, { recursive: true, force: true })));
      await program.remove();
    },
  };
}
