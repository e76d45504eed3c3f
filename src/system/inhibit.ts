/** Keeps the machine awake while something runs. */

import type { Argv, Runner } from './run.ts';

/** The arguments that hold off sleep, the lid's included, for as long as the program runs. */
export function inhibitArgv(why: string): Argv {
  return [
    'systemd-inhibit',
    '--what=sleep:handle-lid-switch',
    '--who=plugback',
    `--why=${why}`,
    '--mode=block',
    'sleep',
    'infinity',
  ];
}

/**
 * Does something while the machine does not go to sleep.
 *
 * A machine without a login manager never sleeps by itself and has nobody to ask: that is no reason not to go on, so
 * the outcome of the request is not waited for.
 */
export async function stayAwake<T>(
  { runner, why }: { runner: Runner; why: string },
  body: () => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  const asked = runner
    .run(inhibitArgv(why), { signal: end.signal, dieWithParent: 'SIGTERM' })
    .catch(() => undefined);
  try {
    return await body();
  } finally {
    end.abort();
    await asked;
  }
}
