/** What each test of the mailer starts with: folders of its own, a configuration, a letter. */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { MailConfig } from '../../src/config/types.ts';
import type { Letter } from '../../src/mail/letter.ts';
import { createMailer, type Mailer, type MailerOptions } from '../../src/mail/mailer.ts';
import { mailLimits } from '../../src/mail/send.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { realClock } from '../../src/system/clock.ts';

export interface Desk {
  folder: string;
  stateDirectory: string;
  runtimeDirectory: string;
  outbox: string;
  /** A mailer for a server, with the desk's folders. */
  mailer(config: Partial<MailConfig>, options?: Partial<MailerOptions>): Mailer;
  /** Everything in the outbox in one text: to look for what must not be there. */
  everythingInOutbox(): Promise<string>;
  clear(): Promise<void>;
}

export const mailConfig: MailConfig = {
  sysops: ['admin@office.example'],
  from: 'Backup <backup@office.example>',
  cc: [],
  server: '127.0.0.1',
  port: 25,
  username: null,
  password: null,
  passwordFile: null,
  security: 'none',
  attachLimitMb: 10,
};

export const letter: Letter = {
  subject: 'Backup complete: “Monday”, 12 GB, you can unplug the disk',
  text: ['Backup complete. You can unplug the disk “Monday”.', '', 'Copied: 12 GB', 'Free: 800 GB'],
  tone: 'good',
  to: ['admin@office.example'],
  cc: [],
  attachments: [],
};

export async function makeDesk(): Promise<Desk> {
  const folder = await mkdtemp(path.join(tmpdir(), 'plugback-mail-'));
  const stateDirectory = path.join(folder, 'state');
  const runtimeDirectory = path.join(folder, 'run');
  const outbox = path.join(stateDirectory, 'outbox');
  return {
    folder,
    stateDirectory,
    runtimeDirectory,
    outbox,
    mailer: (config, options = {}) =>
      createMailer({
        config: { ...mailConfig, ...config },
        stateDirectory,
        runtimeDirectory,
        hostname: 'backup.example',
        clock: realClock,
        environment: {},
        translator: createTranslator('en'),
        limits: mailLimits,
        ...options,
      }),
    everythingInOutbox: async () => {
      const names = await readdir(outbox);
      const texts = await Promise.all(names.map((name) => readFile(path.join(outbox, name), 'latin1')));
      return texts.join('\n');
    },
    clear: () => rm(folder, { recursive: true, force: true }),
  };
}
