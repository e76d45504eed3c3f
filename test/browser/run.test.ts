/** A browser follows a real run on a loop device, as `plugback serve` shows it. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Disk, diskTests, type Job, type Lab } from '../disk/lab.ts';
import { writeNoise, writeSmallFiles } from '../disk/trees.ts';
import { startBrowser, whyNoBrowser } from './lab.ts';

const test = diskTests();
const why = whyNoBrowser();
let browser: Browser | null = null;

beforeAll(async () => {
  if (why === null) browser = await startBrowser();
});
afterAll(() => browser?.close());

/** A disk, a source that takes some seconds to copy to it, and the page that shows both. */
async function serve(lab: Lab): Promise<{ disk: Disk; server: Job; address: string; newPage: NewPage }> {
  if (browser === null) lab.skip(why ?? 'no browser');
  const context = browser;
  writeNoise(lab.path('source/large.bin'), 24_000_000);
  writeSmallFiles(lab.source, 20);
  const disk = await lab.disk({ label: '<b>Montag' });
  const slowly = { 'rsync-options': '--bwlimit=3000', 'rsync-update-ratio-seconds': 1 };
  lab.configure([disk], { BACKUP: slowly, WEBSERVER: { webport: 0 } });
  const server = await lab.start([], { command: 'serve' });
  const address = await server.until(
    'the page',
    () => /http:\/\/\S+?(?=\/?\.?\s)/.exec(server.output())?.[0],
  );
  const newPage: NewPage = async (options = {}) => {
    const page = await context.newPage(options);
    lab.undo(() => page.close());
    return page;
  };
  lab.undo(async () => {
    server.kill('SIGTERM');
    await server.ended;
  });
  return { disk, server, address, newPage };
}

type NewPage = (options?: { javaScriptEnabled?: boolean }) => Promise<Page>;

/** What a look at the page tells. */
async function look(page: Page): Promise<{ headline: string; percent: number | null; done: number }> {
  const percent = await page.locator('.headline').getAttribute('data-percent');
  return {
    headline: (await page.textContent('h1')) ?? '',
    percent: percent === null || percent === '' ? null : Number(percent),
    done: await page.locator('.step-done').count(),
  };
}

/** Looks until the page says that the disk can be unplugged. @returns everything seen on the way */
async function follow(page: Page, before: () => Promise<unknown> = async () => {}) {
  const seen: Awaited<ReturnType<typeof look>>[] = [];
  const deadline = Date.now() + 40_000;
  while (seen.at(-1)?.headline !== 'You can unplug the disk.') {
    if (Date.now() > deadline) throw new Error(`the page never said so: ${JSON.stringify(seen.slice(-3))}`);
    await before();
    seen.push(await look(page));
    await page.waitForTimeout(100);
  }
  return seen;
}

function expectToRise(numbers: readonly number[]): void {
  expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
}

test('from idle to “you can unplug the disk”, without a reload', async (lab) => {
  const { address, newPage } = await serve(lab);
  const page = await newPage();
  await page.goto(`${address}/?lang=en`);
  expect(await page.textContent('h1')).toBe('No backup has been made yet.');
  await page.evaluate('window.marker = true');

  const job = await lab.start();
  const seen = await follow(page);
  expect((await job.ended).exitCode).toBe(0);

  const percents = seen.map(({ percent }) => percent).filter((percent) => percent !== null);
  expect(new Set(percents).size).toBeGreaterThan(2);
  expectToRise(percents);
  expectToRise(seen.map(({ done }) => done));
  expect(seen.at(-1)?.done).toBe(9);
  expect(seen.some(({ headline }) => headline.startsWith('Copying to “<b>Montag”: '))).toBe(true);
  expect(await page.evaluate('window.marker')).toBe(true);
  await expect.poll(() => page.locator('.history tbody tr').count()).toBe(1);
  await page.click('.history a');
  expect(await page.textContent('h1')).toContain('The backup on “<b>Montag” is complete');
});

test('the same without script, by reloading', async (lab) => {
  const { address, newPage } = await serve(lab);
  const page = await newPage({ javaScriptEnabled: false });
  await page.goto(`${address}/?lang=en`);
  const job = await lab.start();
  const seen = await follow(page, () => page.reload());
  expect((await job.ended).exitCode).toBe(0);
  expectToRise(seen.map(({ percent }) => percent).filter((percent) => percent !== null));
  expectToRise(seen.map(({ done }) => done));
  expect(seen.some(({ percent }) => percent !== null)).toBe(true);
});

test('a run that was refused shows cause and remedy, in German too', async (lab) => {
  const { address, newPage, disk } = await serve(lab);
  lab.configure([disk], { BACKUP: { 'source-must-contain': 'README.txt' } });
  const page = await newPage();
  await page.goto(`${address}/?lang=de`);
  expect((await lab.run()).exitCode).toBe(76);
  await page.locator('.problem').waitFor();
  expect(await page.textContent('h1')).toContain('ABGELEHNT');
  expect(await page.textContent('.problem')).toContain('README.txt');
  expect(await page.textContent('.problem')).toContain('Was ist zu tun');
  expect(await page.locator('.step-failed').count()).toBe(1);
});
