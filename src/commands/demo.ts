/** `plugback demo`: the whole job on a disk image, with a mail server of its own, and nothing left behind. */

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '../config/load.ts';
import { PlugbackError } from '../errors.ts';
import { caughtMails, startCatcher } from '../mail/catcher.ts';
import { createTranslator, type Translator } from '../messages/translator.ts';
import { mountArgv, umountArgv } from '../system/mount.ts';
import { type Argv, createRunner } from '../system/run.ts';
import { type CommandContext, languageOf } from './context.ts';
import { withDiskImage } from './demo/disk-image.ts';
import { makeOffice, passDay } from './demo/office.ts';
import { type PageServer, pageOf, startPage, untilStopped } from './page-server.ts';
import { run } from './run.ts';

const diskBytes = 2_000_000_000;
/** What the demo writes at the most: the office, and its copy. */
const neededBytes = 1_800_000_000;

/** @returns the exit code of the last backup. @throws PlugbackError `no-rights`, `demo-no-room`, `program-missing` */
export async function demo(context: CommandContext): Promise<number> {
  const translator = createTranslator(languageOf(context));
  if (!context.isRoot) throw new PlugbackError('no-rights', { program: 'losetup, mount' });
  await verifyRoom(tmpdir());
  const folder = await mkdtemp(path.join(tmpdir(), 'plugback-demo-'));
  try {
    return await perform(folder, translator, context);
  } finally {
    await rm(folder, { recursive: true, force: true });
    tell(context, translator.say('demo.cleaned', { folder }));
  }
}

async function perform(folder: string, translator: Translator, context: CommandContext): Promise<number> {
  const { say } = translator;
  const office = path.join(folder, 'office');
  const mails = path.join(folder, 'mails');
  heading(context, say('demo.making'));
  await makeOffice(office, context.stop);
  const disk = {
    path: path.join(folder, 'disk.img'),
    sizeBytes: diskBytes,
    label: 'OFFICE-A',
    uuid: randomUUID(),
  };
  const catcher = await startCatcher({ directory: mails });
  try {
    return await withDiskImage(disk, createRunner(context.isRoot), async ({ device, uuid }) => {
      tell(context, say('demo.made', { folder: office, device, uuid }));
      const configPath = path.join(folder, 'config.ini');
      await writeFile(configPath, demoConfig({ folder, office, uuid, port: catcher.port, translator }));
      const page = await servePage(configPath, translator, context);
      const backup = () => run({}, { ...context, configFlag: configPath });

      try {
        heading(context, say('demo.first'));
        const first = await backup();
        if (first !== 0) return first;
        heading(context, say('demo.day'));
        await passDay(office, context.stop);
        heading(context, say('demo.second'));
        const second = await backup();
        if (second === 0)
          await proveEqual({ office, uuid, mountPoint: `${folder}/mnt` }, translator, context);
        await showLastMail(mails, translator, context);
        if (second === 0) showNext(translator, context);
        await keepUp(page, translator, context);
        return second;
      } finally {
        await page.close();
      }
    });
  } finally {
    await catcher.close();
  }
}

async function servePage(
  configPath: string,
  translator: Translator,
  context: CommandContext,
): Promise<PageServer> {
  const config = loadConfig(configPath, context.environment);
  const page = await startPage({ config: pageOf(config), isLanguageChosen: true, translator, context });
  heading(context, translator.say('serve.listening', { address: page.address }));
  return page;
}

/** Leaves time to look at the page, where there is somebody who can end it. */
async function keepUp(page: PageServer, { say }: Translator, context: CommandContext): Promise<void> {
  if (context.output.terminal === null || context.json) return;
  heading(context, say('demo.page-stays', { address: page.address }));
  await untilStopped(context.stop);
}

async function verifyRoom(directory: string): Promise<void> {
  const stats = await statfs(directory);
  const freeBytes = stats.bavail * stats.bsize;
  if (freeBytes < neededBytes) throw new PlugbackError('demo-no-room', { directory, neededBytes, freeBytes });
}

function demoConfig(demo: {
  folder: string;
  office: string;
  uuid: string;
  port: number;
  translator: Translator;
}): string {
  const { folder } = demo;
  return `[BACKUP]
filesystem-ids-and-notification-mail-addresses = ${demo.uuid}, carrier@office.example
backup-source = ${demo.office}/
backup-destination = ${folder}/mnt
log-file-path = ${folder}/plugback.log
rsync-log-file-path = ${folder}/rsync.log
free-space-threshold-gb = 0.5

[MAIL]
to-mail-addresses-sysop = sysop@office.example
from-mail-address = plugback@office.example
server = 127.0.0.1
port = ${demo.port}
security = none

[WEBSERVER]
webport = 0

[GENERAL]
language = ${demo.translator.language}
state-directory = ${folder}/state
runtime-directory = ${folder}/run
`;
}

/** What a sceptic would do next: mount the disk and compare it with the office, byte by byte, with another program. */
async function proveEqual(
  demo: { office: string; uuid: string; mountPoint: string },
  { say }: Translator,
  context: CommandContext,
): Promise<void> {
  const runner = createRunner(context.isRoot);
  const { office, uuid, mountPoint } = demo;
  const source = `UUID=${uuid}`;
  await runner.run(mountArgv({ source, fsType: 'ext4', driver: 'ext4', mountPoint, readOnly: true }));
  const compare: Argv = ['diff', '--recursive', '--brief', '--exclude=lost+found', office, mountPoint];
  const compared = await runner.run(compare).finally(() => runner.run(umountArgv(mountPoint)));
  if (compared.exitCode !== 0)
    throw new PlugbackError('unexpected', { reason: compared.stdout || compared.stderr });
  tell(context, say('demo.equal', { office, mountPoint }));
}

async function showLastMail(mails: string, { say }: Translator, context: CommandContext): Promise<void> {
  const caught = await caughtMails(mails);
  const last = caught.at(-1);
  heading(context, say('demo.mails', { count: caught.length }));
  for (const { message } of caught) tell(context, `  ${message.subject ?? ''}`);
  if (last === undefined) return;
  const attached = last.message.attachments.map((attachment) => attachment.filename ?? '');
  tell(context, `\n${say('demo.last-mail', { to: last.to })}`);
  const text = (last.message.text ?? '').trimEnd().split('\n');
  for (const line of [last.message.subject ?? '', '', ...text]) tell(context, `  │ ${line}`);
  tell(context, say('demo.attached', { names: attached }));
}

function showNext({ say }: Translator, context: CommandContext): void {
  heading(context, say('demo.next'));
  const commands = [
    ['sudo install -D -m 640 config.ini.template /etc/plugback/config.ini', say('demo.next.config')],
    ['plugback disks', say('demo.next.disks')],
    ['sudo plugback enroll UUID --mail anna@example.com', say('demo.next.enroll')],
    ['sudo plugback check --mail', say('demo.next.check')],
    ['sudo plugback run --dry-run', say('demo.next.rehearse')],
  ];
  for (const [command, why] of commands) tell(context, `  ${command}\n      ${why}`);
}

function heading(context: CommandContext, text: string): void {
  const { hasColour } = context.output;
  tell(context, `\n${hasColour ? `\x1b[1m${text}\x1b[0m` : text}`);
}

/** With `--json`, standard output belongs to the runs' documents. */
function tell(context: CommandContext, text: string): void {
  if (context.json) context.output.problem(text);
  else context.output.line(text);
}
