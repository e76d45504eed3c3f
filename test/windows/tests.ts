/** Tests that need a Windows; where there is none they are skipped, with the reason. */

import { inject, test } from 'vitest';

/** Like vitest's own, with a limit in seconds. */
export function windowsTest(name: string, body: () => Promise<void>, seconds = 60): void {
  const lacking = inject('lackingForWindows');
  test(
    name,
    async (context) => {
      context.skip(lacking !== '', lacking);
      await body();
    },
    seconds * 1000,
  );
}
