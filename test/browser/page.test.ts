/** The page in a real browser: accessible in every state, live without a reload, strict about what it loads. */

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { languages } from '../../src/messages/format.ts';
import type { PageModel } from '../../src/web/page-model.ts';
import {
  doneRun,
  emptyModel,
  pastRuns,
  runningRun,
  runs,
  sampleDiskView,
  sampleModel,
  sampleProgress,
  stateNames,
} from '../web/models.ts';
import { nightshiftViews } from '../web/nightshift-models.ts';
import { type PageServer, servePage, startBrowser, whyNoBrowser } from './lab.ts';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const why = whyNoBrowser();
const phone = { width: 390, height: 844 };
const desktop = { width: 1280, height: 900 };
const looks = [
  { colorScheme: 'light', viewport: desktop },
  { colorScheme: 'dark', viewport: phone },
] as const;
const resting = sampleModel(runs.complete, { disks: [sampleDiskView({ isAttached: false })] });

describe.skipIf(why !== null)(`the page in a browser${why === null ? '' : ` (${why})`}`, () => {
  let browser: Browser;
  let server: PageServer;
  const pages: Page[] = [];

  beforeAll(async () => {
    browser = await startBrowser();
    server = await servePage(emptyModel());
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Opens the page on a state; what the browser complains about makes the test fail. */
  async function open(model: PageModel, options: BrowserContextOptions = {}, language = 'en', place = '/') {
    server.show(model);
    for (const page of pages.splice(0)) await page.context().close();
    const context = await browser.newContext({ viewport: desktop, reducedMotion: 'reduce', ...options });
    const page = await context.newPage();
    pages.push(page);
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(`${server.address}${place}?lang=${language}`);
    return { page, complaints };
  }

  /** What axe-core finds, as one line a finding. */
  async function violations(page: Page): Promise<string[]> {
    // Through the debugger, which no content policy stops.
    await page.evaluate(axeSource);
    return page.evaluate(
      `axe.run().then(({ violations }) => violations.flatMap((found) =>
        found.nodes.map((node) => found.id + ': ' + node.html + ' ' + node.failureSummary)))`,
    );
  }

  /** Waits until a condition holds in the page; as text for the debugger, because the policy forbids it elsewhere. */
  function until(page: Page, condition: string): Promise<void> {
    return expect.poll(() => page.evaluate(condition), { timeout: 15_000, interval: 50 }).toBe(true);
  }

  const states: [string, PageModel][] = [
    // The other states are made of the same parts.
    ...(['a job runs', 'did not wake', 'nobody watches', 'many computers'] as const).map(
      (state): [string, PageModel] => [
        `nightshift: ${state}`,
        sampleModel(runs.complete, { nightshift: nightshiftViews[state] }),
      ],
    ),
    ...stateNames.map((state): [string, PageModel] => [state, sampleModel(runs[state])]),
    ['resting', resting],
    ['nothing yet', emptyModel()],
  ];

  test.each(states)('axe-core finds nothing on the state “%s”, light and dark', async (_, model) => {
    for (const look of looks) {
      const { page, complaints } = await open(model, look);
      if (model.headline.kind === 'copying') await page.waitForSelector('#rate canvas');
      expect(await page.isVisible('#nightshift')).toBe(model.nightshift !== null);
      expect(await violations(page)).toEqual([]);
      expect(complaints).toEqual([]);
      // Nothing is wider than the screen.
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    }
  });

  test('axe-core finds nothing on the page of a past run', async () => {
    const [refused] = pastRuns.filter((run) => run.outcome === 'refused');
    for (const look of looks) {
      const { page, complaints } = await open(resting, look, 'de', `/runs/${refused?.id}`);
      expect(await page.textContent('h1')).toContain('ABGELEHNT');
      expect(await violations(page)).toEqual([]);
      expect(complaints).toEqual([]);
    }
  });

  test('follows a run without a reload: percent rises, steps tick, the tab tells', async () => {
    const { page, complaints } = await open(sampleModel(runningRun('estimate')));
    await page.evaluate('window.marker = true');
    const percents: number[] = [];
    for (const percent of [1, 12, 57, 99]) {
      const progress = sampleProgress({ bytes: 1.48e9 * percent });
      server.show(sampleModel(runningRun('copy', { progress })));
      await until(page, `document.title.startsWith('${percent}%')`);
      percents.push(Number(await page.getAttribute('progress', 'value')));
    }
    expect(percents).toEqual([1, 12, 57, 99]);
    expect(await page.locator('.step-done').count()).toBe(5);
    expect(decodeURIComponent((await page.getAttribute('link[rel=icon]', 'href')) ?? '')).toContain(
      'stroke-dasharray',
    );
    expect(await page.textContent('#rate figcaption')).toBe('Now 98 MB/s, at most 98 MB/s.');
    server.show(sampleModel(doneRun()));
    await until(page, `document.querySelector('h1').textContent === 'You can unplug the disk.'`);
    expect(await page.locator('.step-done').count()).toBe(9);
    expect(await page.isHidden('#rate')).toBe(true);
    expect(await page.evaluate('window.marker')).toBe(true);
    expect(complaints).toEqual([]);
  });

  test('follows a night without a reload', async () => {
    const { page } = await open(sampleModel(runs.complete, { nightshift: nightshiftViews['people online'] }));
    expect(await page.locator('.look-busy').count()).toBe(0);
    server.show(sampleModel(runs.complete, { nightshift: nightshiftViews['a job runs'] }));
    await page.locator('.look-busy', { hasText: 'FreeFileSync: running' }).waitFor();
    server.show(sampleModel(runs.complete, { nightshift: nightshiftViews.countdown }));
    await page.getByText('To stop that: plugback nightshift cancel').waitFor();
  });

  test('says that the connection is lost, and takes it up again by itself', async () => {
    const { page } = await open(sampleModel(runs.copying));
    await page.waitForSelector('#rate canvas');
    await page.route('**/api/events*', (route) => route.abort());
    server.cut();
    await until(page, `document.querySelector('#connection').textContent.startsWith('Connection lost')`);
    await page.unroute('**/api/events*');
    server.show(sampleModel(runs.complete));
    await until(page, `document.querySelector('h1').textContent === 'You can unplug the disk.'`);
    expect(await page.textContent('#connection')).toBe('');
  });

  test('keeps what a reader does: focus, the log’s place', async () => {
    const { page } = await open(sampleModel(runs.copying));
    await page.focus('#log pre');
    await page.evaluate(`document.querySelector('#log pre').scrollTop = 5`);
    const { logTail } = sampleModel(null);
    server.show(sampleModel(runs.complete, { logTail: `${logTail}one more line\n` }));
    await until(page, `document.querySelector('#log pre').textContent.includes('one more line')`);
    expect(await page.evaluate(`document.activeElement === document.querySelector('#log pre')`)).toBe(true);
    expect(await page.evaluate(`document.querySelector('#log pre').scrollTop`)).toBe(5);
  });

  test('can be used by keyboard: the way past the top, the log, the form', async () => {
    const { page } = await open(sampleModel(runs.complete));
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.focus('#log pre');
    await page.keyboard.press('Home');
    await until(page, `document.querySelector('#log pre').scrollTop === 0`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('start-disk');
  });

  test('starts a copy with a token, says what came of it, and forgets the token', async () => {
    const { page } = await open(sampleModel(runs.complete));
    for (const [token, answer] of [
      ['wrong', 'The token is missing or wrong, so nothing was started.'],
      ['right', 'The backup was started.'],
    ] as const) {
      await page.fill('#start-token', token);
      await page.keyboard.press('Enter');
      await page.getByText(answer).waitFor();
      expect(await page.inputValue('#start-token')).toBe('');
    }
    expect(server.starts).toEqual([sampleDiskView().uuid]);
    expect(page.url()).not.toContain('right');
    expect(await page.evaluate('localStorage.length + sessionStorage.length')).toBe(0);
  });

  test('says everything without script', async () => {
    const { page } = await open(sampleModel(runs.copying), { javaScriptEnabled: false });
    expect(await page.textContent('h1')).toBe('Copying to “Montag”: 62% done, 98 MB/s, about 10 min left.');
    expect(await page.locator('.step').count()).toBe(9);
    expect(await page.isDisabled('#start-token')).toBe(true);
    expect(await page.locator('noscript .empty').isVisible()).toBe(true);
    server.show(sampleModel(runs.complete));
    await page.reload();
    expect(await page.textContent('h1')).toBe('You can unplug the disk.');
  });

  test('hostile labels change nothing but the words', async () => {
    const label = `"><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>\u202e`;
    const { page, complaints } = await open(
      sampleModel(runningRun('copy', { label, progress: sampleProgress() }), {
        disks: [sampleDiskView({ label })],
        logTail: label,
      }),
    );
    await page.waitForSelector('#rate canvas');
    expect(await page.evaluate('window.hacked')).toBe(undefined);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.textContent('h1')).toContain('<script>window.hacked=1</script>\\u202e');
    expect(complaints).toEqual([]);
  });

  test('pictures of it, to be looked at', async () => {
    const folder = fileURLToPath(new URL('../../dist/pictures/', import.meta.url));
    mkdirSync(folder, { recursive: true });
    for (const language of languages) {
      for (const colorScheme of ['light', 'dark'] as const) {
        for (const [device, viewport] of Object.entries({ phone, desktop })) {
          const { page } = await open(sampleModel(runs.copying), { viewport, colorScheme }, language);
          await page.waitForSelector('#charts canvas');
          const file = path.join(folder, `${device}-${language}-${colorScheme}.png`);
          expect((await page.screenshot({ path: file, fullPage: true })).length).toBeGreaterThan(20_000);
        }
      }
    }
    process.stdout.write(`The page as a browser shows it: ${folder}\n`);
  });
});
