/** A process that posts letters or sends what waits: for what must hold between processes, and when one is killed. */

import { readFileSync } from 'node:fs';
import type { MailConfig } from '../../src/config/types.ts';
import type { Letter } from '../../src/mail/letter.ts';
import { createMailer } from '../../src/mail/mailer.ts';
import { mailLimits } from '../../src/mail/send.ts';
import { createTranslator } from '../../src/messages/translator.ts';
import { realClock } from '../../src/system/clock.ts';

export interface Task {
  config: MailConfig;
  stateDirectory: string;
  runtimeDirectory: string;
  environment: Record<string, string>;
  /** Posted first, one after the other; `endless` posts the last one again and again. */
  letters: Letter[];
  endless?: boolean;
  flush: boolean;
  /** For the flush; 30 s by default. */
  timeoutMs?: number;
}

async function main(task: Task): Promise<void> {
  const mailer = createMailer({
    ...task,
    hostname: 'backup.example',
    clock: realClock,
    translator: createTranslator('en'),
    limits: mailLimits,
  });
  const say = (what: unknown): boolean => process.stdout.write(`${JSON.stringify(what)}\n`);
  for (const letter of task.letters) {
    do say({ posted: await mailer.post(letter), ids: (await mailer.waiting()).mails.map(({ id }) => id) });
    while (task.endless);
  }
  const result = task.flush ? await mailer.flush({ timeoutMs: task.timeoutMs ?? 30_000 }) : null;
  // Not resourceUsage(): its peak counts what the starting process held before this program was loaded.
  const status = readFileSync('/proc/self/status', 'utf8');
  say({ result, peakMemoryKb: Number(/VmHWM:\s*(\d+)/.exec(status)?.[1]) });
}

await main(JSON.parse(process.argv[2] ?? '{}'));
