/** Watching: changes are seen at once, however they are made, and whatever comes and goes. */

import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Going, type Office, openOffice, until } from './office.ts';

let office: Office;
let watch: Going;
beforeEach(() => {
  office = openOffice();
  mkdirSync(office.path('backup'));
});
afterEach(() => office.close());

const at = ['-d', 'backup'];
const write = (name: string, content: string) => writeFileSync(office.path(name), content);
const contents = (file: string) => office.copies(file).map(({ content }) => content.toString());

async function startWatching(...list: string[]): Promise<void> {
  await office.type('add', ...at, ...list);
  watch = office.start('watch', ...at);
  await until('the watch', () => watch.lines().some((line) => line.startsWith('Watching ')));
}

/** The aim is two seconds; on a busy machine it may take a moment longer. */
const copied = (file: string, content: string) =>
  until(`a copy of ${file}`, () => contents(file).includes(content), 4);

test('a change is copied soon, however it is made', async () => {
  write('plan', 'first');
  await startWatching('plan');
  await copied('plan', 'first');

  const changed = performance.now();
  appendFileSync(office.path('plan'), ', more');
  await copied('plan', 'first, more');
  expect(performance.now() - changed).toBeGreaterThan(950);

  // As an editor does it.
  write('plan.swp', 'by rename');
  renameSync(office.path('plan'), office.path('plan~'));
  renameSync(office.path('plan.swp'), office.path('plan'));
  await copied('plan', 'by rename');
  rmSync(office.path('plan'));
  await until('the trouble', () => watch.lines().includes('file plan not found'));
  write('plan', 'back again');
  await copied('plan', 'back again');
  await until('the good news', () => watch.lines().includes('file plan can be read again'));
  expect(contents('plan')).toHaveLength(4);

  watch.kill('SIGTERM');
  const { exitCode, lines } = await watch.ended;
  expect({ exitCode, last: lines.at(-1) }).toEqual({ exitCode: 143, last: 'Timemachine stopped' });
  expect(readFileSync(office.path('timemachine.log'), 'utf8')).toContain('Timemachine stopped');
}, 30_000);

test('a change in the moment in which the one before is copied is not forgotten', async () => {
  write('plan', 'state 0');
  await startWatching('plan');
  for (let number = 1; number <= 6; number += 1) {
    const deadline = performance.now() + 4_000;
    while (office.copies('plan').length < number) {
      if (performance.now() > deadline) throw new Error(`state ${number - 1} was not copied`);
      await new Promise(setImmediate);
    }
    write('plan', `state ${number}`);
  }
  await copied('plan', 'state 6');
}, 30_000);

test('folders and files that come and go, in folders that come and go', async () => {
  mkdirSync(office.path('in'));
  await startWatching('in', 'later/*.txt', 'far/away/file');
  write('in/new', 'new');
  await copied('in/new', 'new');
  mkdirSync(office.path('in/deep'));
  write('in/deep/er', 'deeper');
  await copied('in/deep/er', 'deeper');
  mkdirSync(office.path('later'));
  write('later/a.txt', 'later');
  await copied('later/a.txt', 'later');
  mkdirSync(office.path('far'));
  mkdirSync(office.path('far/away'));
  write('far/away/file', 'far');
  await copied('far/away/file', 'far');

  // Another folder takes the name of the first.
  renameSync(office.path('far/away'), office.path('far/old'));
  mkdirSync(office.path('far/away'));
  write('far/away/file', 'another');
  await copied('far/away/file', 'another');
  write('far/away/file', 'another, changed');
  await copied('far/away/file', 'another, changed');
}, 60_000);

test('the list may change while it goes on', async () => {
  write('plan', 'first');
  write('other', 'other');
  await startWatching('plan');
  await office.type('add', ...at, 'other');
  await copied('other', 'other');
  const again = `Config file ${office.path('config.dat')} was read again`;
  await until('the news', () => watch.lines().includes(again));
  // A mistake is said once, and the list of before goes on.
  write('config.dat', '- a: b\n');
  await until('the mistake', () => watch.lines().some((line) => line.includes('cannot be understood')));
  write('plan', 'second');
  await copied('plan', 'second');
}, 30_000);

test('the destination goes and comes back', async () => {
  write('plan', 'first');
  await startWatching('plan');
  await copied('plan', 'first');
  renameSync(office.path('backup'), office.path('gone'));
  write('plan', 'second');
  const said = () =>
    watch.lines().filter((line) => line.includes('was not found, timemachine must now exit')).length;
  await until('the message', () => said() === 1);
  write('plan', 'third');
  renameSync(office.path('gone'), office.path('backup'));
  await until('the copy', () => contents('plan').includes('third'), 12);
  expect(watch.lines()).toContain(`The folder ${office.path('backup')}/ can be used again`);
  expect(said()).toBe(1);
}, 30_000);

test('what is wrong is said once, not at each change', async () => {
  write('plan', 'first');
  write('good', 'first');
  await startWatching('plan', 'good');
  await copied('plan', 'first');
  chmodSync(office.path('plan'), 0o000);
  const said = () => watch.lines().filter((line) => line.includes('plan cannot be accessed')).length;
  await until('the trouble', () => said() === 1);
  for (const content of ['second', 'third']) {
    write('good', content);
    chmodSync(office.path('plan'), content === 'second' ? 0o100 : 0o000);
    await copied('good', content);
  }
  expect(said()).toBe(1);
}, 30_000);
