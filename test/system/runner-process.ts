/** A process that starts a program and waits for it: `bound` ends the program with this process, `free` does not. */

import { createRunner } from '../../src/system/run.ts';

await createRunner(true).run(['sh', '-c', 'echo $$; exec sleep 600'], {
  ...(process.argv[2] === 'bound' ? { dieWithParent: 'SIGTERM' as const } : {}),
  onStdout: (piece) => {
    process.stdout.write(piece);
  },
});
