/** A program of somebody else's, as docs/mirror.md shows it: compiled against the package, and run. */

import {
  applyMirror,
  explain,
  type Language,
  type MirrorResult,
  mirror,
  PlugbackError,
  planMirror,
  Synchro,
  toText,
} from 'plugback';

const [source1 = '', source2 = '', folder1 = '', folder2 = '', folder3 = '', logPath = ''] =
  process.argv.slice(2);

// One backup.
const s = new Synchro({ logPath });
s.configure(source1, folder1);
const result: MirrorResult | null = await s.run();
s.close();
console.log(result?.added);

// Two folders to three places.
const several = new Synchro({ logPath });
for (const [source, replica] of [
  [source1, folder1],
  [source2, folder2],
  [source2, folder3],
] as const) {
  several.configure(source, replica);
  await several.run();
}
several.close();

// Every four hours, without end.
const stopper = new AbortController();
const ongoing = new Synchro({ logPath, signal: stopper.signal });
ongoing.configure(source1, folder1, { mode: 'O', interval: 4 });
ongoing.on('entry', ({ action, path, bytes }) => console.log(action, path, bytes.length));
ongoing.on('next', (at) => {
  console.log(at > Date.now());
  stopper.abort();
});
await ongoing.run();
ongoing.close();

// Without a class.
const plan = await planMirror(source1, folder2, { allowDeletes: true });
for (const { action, path } of plan.steps()) console.log(action, toText(path));
const { skipped } = await applyMirror(plan);
console.log(skipped.map(({ path, reason }) => `${toText(path)}: ${reason}`));
try {
  await mirror(source1, source1);
} catch (error) {
  console.log(error instanceof PlugbackError && error.code === 'mirror-overlap');
  const language: Language = 'de';
  console.log(explain(error).replaceAll(source1, 'SOURCE'));
  console.log(explain(error, language).replaceAll(source1, 'SOURCE'));
}
