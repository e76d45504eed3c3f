/** A thread that does what it is asked, one thing after the other. Bundled as a file of its own. */

import { parentPort } from 'node:worker_threads';
import { type TaskName, tasks } from './tasks.ts';

parentPort?.on('message', ({ name, input }: { name: TaskName; input: never }) => {
  try {
    parentPort?.postMessage({ output: tasks[name](input) });
  } catch (error) {
    parentPort?.postMessage({ error });
  }
});
