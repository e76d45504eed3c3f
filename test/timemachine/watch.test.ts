/** Watching: changes are seen at once, however they are made, and whatever comes and goes. */

import { appendFileSync, chmodSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { at, type Desk, deskTest as test } from './desk.ts';
import { type Going, until } from './office.ts';

async function startWatching({ office, list }: Desk, ...files: string[]): Promise<Going> {
  list(...files);
  const watch = office.start('watch', ...at);
  await until('the watch', () => watch.lines().some((line) => line.startsWith('Watching ')));
  return watch;
}

/** The aim is two seconds; on a busy machine it may take some more. */
const copied = (desk: Desk, file: string, content: string) =>
  until(`a copy of ${file}`, () => desk.contents(file).includes(content), 8);

/** How often it has said so. */
const count = (watch: Going, part: string) => watch.lines().filter((line) => line.includes(part)).length;

// Most of the time they wait, side by side.
describe.concurrent('a watch', { timeout: 30_000 }, () => {
  test('copies a change soon, however it is made', async ({ desk }) => {
    desk.write('plan', 'first');
    const watch = await startWatching(desk, 'plan');
    await copied(desk, 'plan', 'first');
    const changed = performance.now();
    appendFileSync(desk.office.path('plan'), ', more');
    await copied(desk, 'plan', 'first, more');
    expect(performance.now() - changed).toBeGreaterThan(950);

    // As an editor does it.
    desk.write('plan.swp', 'by rename');
    renameSync(desk.office.path('plan'), desk.office.path('plan~'));
    renameSync(desk.office.path('plan.swp'), desk.office.path('plan'));
    await copied(desk, 'plan', 'by rename');
    expect(desk.contents('plan')).toHaveLength(3);

    watch.kill('SIGTERM');
    const { exitCode, lines } = await watch.ended;
    expect({ exitCode, last: lines.at(-1) }).toEqual({ exitCode: 143, last: 'Timemachine stopped' });
    expect(readFileSync(desk.office.path('timemachine.log'), 'utf8')).toContain('Timemachine stopped');
  });

  test('says of a file that it has gone, and that it is back', async ({ desk }) => {
    desk.write('plan', 'first');
    const watch = await startWatching(desk, 'plan');
    rmSync(desk.office.path('plan'));
    await until('the trouble', () => watch.lines().includes('file plan not found'));
    desk.write('plan', 'back again');
    await copied(desk, 'plan', 'back again');
    await until('the good news', () => watch.lines().includes('file plan can be read again'));
  });

  test('finds what comes in a folder, and in one that comes', async ({ desk }) => {
    mkdirSync(desk.office.path('in'));
    await startWatching(desk, 'in', 'later/*.txt');
    mkdirSync(desk.office.path('in/deep'));
    mkdirSync(desk.office.path('later'));
    for (const file of ['in/new', 'in/deep/er', 'later/a.txt']) desk.write(file, file);
    for (const file of ['in/new', 'in/deep/er', 'later/a.txt']) await copied(desk, file, file);
  });

  test('finds a file whose folders come, and go, and come', async ({ desk }) => {
    await startWatching(desk, 'far/away/file');
    mkdirSync(desk.office.path('far/away'), { recursive: true });
    desk.write('far/away/file', 'far');
    await copied(desk, 'far/away/file', 'far');
    // Another folder takes the name of the first.
    renameSync(desk.office.path('far/away'), desk.office.path('far/old'));
    mkdirSync(desk.office.path('far/away'));
    desk.write('far/away/file', 'another');
    await copied(desk, 'far/away/file', 'another');
    desk.write('far/away/file', 'another, changed');
    await copied(desk, 'far/away/file', 'another, changed');
  });

  test('copies what a link leads to when that changes', async ({ desk }) => {
    for (const folder of ['links', 'elsewhere']) mkdirSync(desk.office.path(folder));
    desk.write('elsewhere/plan', 'first');
    symlinkSync('../elsewhere/plan', desk.office.path('links/plan'));
    await startWatching(desk, 'links/plan');
    await copied(desk, 'links/plan', 'first');
    desk.write('elsewhere/plan', 'second');
    await copied(desk, 'links/plan', 'second');
  });

  test('goes by the list as it is now', async ({ desk }) => {
    desk.write('plan', 'first');
    desk.write('other', 'other');
    const watch = await startWatching(desk, 'plan');
    await desk.office.type('add', ...at, 'other');
    await copied(desk, 'other', 'other');
    const again = `Config file ${desk.office.path('config.dat')} was read again`;
    await until('the news', () => watch.lines().includes(again));
    // A mistake is said once, and the list of before goes on.
    desk.write('config.dat', '- a: b\n');
    await until('the mistake', () => count(watch, 'cannot be understood') === 1);
    desk.write('plan', 'second');
    await copied(desk, 'plan', 'second');
    rmSync(desk.office.path('config.dat'));
    await until('the loss', () => count(watch, 'goes on with what it held before') === 1);
  });

  test('waits for a destination that has gone', async ({ desk }) => {
    const { path } = desk.office;
    desk.write('plan', 'first');
    const watch = await startWatching(desk, 'plan');
    await copied(desk, 'plan', 'first');
    renameSync(path('backup'), path('gone'));
    desk.write('plan', 'second');
    const message = 'was not found, timemachine waits until it is back';
    await until('the message', () => count(watch, message) === 1);
    desk.write('plan', 'third');
    renameSync(path('gone'), path('backup'));
    await copied(desk, 'plan', 'third');
    expect(watch.lines()).toContain(`The folder ${path('backup')}/ can be used again`);
    expect(count(watch, message)).toBe(1);
  });

  test('goes on when the record cannot be read for a while', async ({ desk }) => {
    desk.write('plan', 'first');
    const watch = await startWatching(desk, 'plan');
    // The copy is there a moment before it is recorded.
    await until('the record', () => count(watch, 'Writing dates_recorded') === 1);
    renameSync(desk.record(), desk.office.path('kept'));
    mkdirSync(desk.record());
    desk.write('plan', 'second');
    await until(
      'the message',
      () => count(watch, 'cannot be read (it is a folder), timemachine tries again') === 1,
    );
    watch.kill('SIGTERM');
    expect((await watch.ended).exitCode).toBe(143);
  });

  test('with --json prints what is new, not what is still wrong', async ({ desk }) => {
    const { path, start } = desk.office;
    desk.list('none');
    const watch = start('watch', ...at, '--json');
    const documents = () => watch.lines().flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
    const readAgain = () => readFileSync(path('timemachine.log'), 'utf8').match(/was read again/g)?.length;
    await until('the trouble', () => documents().length === 1);
    appendFileSync(path('config.dat'), '# nothing new\n');
    await until('the list to be read', () => readAgain() === 1);
    desk.write('plan', 'first');
    desk.list('plan');
    await until('the copy', () => documents().some(({ copied }) => copied.length === 1));
    expect(documents()).toHaveLength(2);
  });

  test('says once what is wrong, not at each change', async ({ desk }) => {
    for (const name of ['plan', 'good']) desk.write(name, 'first');
    const watch = await startWatching(desk, 'plan', 'good');
    await copied(desk, 'plan', 'first');
    chmodSync(desk.office.path('plan'), 0o000);
    await until('the trouble', () => count(watch, 'plan cannot be accessed') === 1);
    desk.write('good', 'second');
    chmodSync(desk.office.path('plan'), 0o100);
    await copied(desk, 'good', 'second');
    expect(count(watch, 'plan cannot be accessed')).toBe(1);
  });
});
