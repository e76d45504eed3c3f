/** The night watch on the page: what it does, who is online, the last nights; and for programs. */

import { describe, expect, test } from 'vitest';
import { createTranslator, sentence } from '../../src/messages/translator.ts';
import { headlineOf } from '../../src/status/headline.ts';
import { appendNight, freshState, nightshiftPaths, writeNightshift } from '../../src/status/nightshift.ts';
import { documentOf, type NightshiftView } from '../../src/status/nightshift-view.ts';
import { realClock } from '../../src/system/clock.ts';
import { identifyProcess } from '../../src/system/process-identity.ts';
import { createFileReaders } from '../../src/web/file-readers.ts';
import { renderLive, renderPage } from '../../src/web/page.ts';
import { useFolder } from '../folder.ts';
import { emptyModel, runs, sampleModel } from './models.ts';
import { nights, nightshiftViews } from './nightshift-models.ts';

const folder = useFolder();

const night = {
  id: '20261120-190500',
  night: '2026-11-20',
  trigger: 'all-gone' as const,
  startedAt: '2026-11-20T19:05:00.000Z',
  finishedAt: '2026-11-20T20:05:00.000Z',
  jobs: [
    {
      name: 'documents',
      state: 'failed' as const,
      startedAt: '2026-11-20T19:05:00.000Z',
      finishedAt: '2026-11-20T19:10:00.000Z',
      attempts: 0,
      exitCode: null,
      error: { code: 'computer-not-awake' as const, details: { name: 'archive', minutes: 5 } },
    },
  ],
  clocks: [],
  woken: [],
  warnings: [],
  outcome: 'failed' as const,
};

const state = {
  ...freshState(),
  process: identifyProcess('/proc', 'self'),
  computers: {
    '<b>anna': { online: true, since: 1_795_000_000_000, lastSeenAt: null, misses: 0, firstMissAt: null },
  },
  said: sentence('nightshift.wait.somebody', { night: '2026-11-21', names: ['<b>anna'] }),
};

function readers() {
  return createFileReaders({
    stateDirectory: folder('state'),
    runtimeDirectory: folder('run'),
    logFilePath: null,
    enrolled: () => [],
    attached: async () => [],
    clock: realClock,
    procRoot: '/proc',
  });
}

test('where no night watch was ever kept, the page says nothing of it', async () => {
  expect(await readers().nightshift(7)).toBeNull();
  const page = renderPage(emptyModel(), createTranslator('en'), { script: true });
  expect(page).toContain('<div class="card" id="nightshift"></div>');
});

test('what it does, who is online, and the last nights, in the language of the reader', async () => {
  const paths = nightshiftPaths({ stateDirectory: folder('state'), runtimeDirectory: folder('run') });
  writeNightshift(paths.state, state);
  await appendNight(paths.history, night);
  const nightshift = await readers().nightshift(7);
  const model = { ...emptyModel(), nightshift };
  const english = renderLive(model, createTranslator('en')).html.nightshift ?? '';
  expect(english).toContain('The night of 21 Nov 2026 has no backup yet.');
  expect(english).toMatch(/<bdi>&lt;b&gt;anna<\/bdi>\s*<span class="badge badge-busy">online</);
  expect(english).not.toContain('<b>anna');
  expect(english).toContain('20 Nov 2026: FAILED');
  // Why, and what to do.
  expect(english).toContain('archive was woken and did not answer within 5 min. Is it connected to power');
  expect(renderLive(model, createTranslator('de')).html.nightshift).toContain('20.11.2026: FEHLGESCHLAGEN');
});

test('programs are told the same, with times as everywhere', () => {
  const document = documentOf({ state, isRunning: true, cutOff: null, nights: [night] });
  expect(document.computers).toEqual([
    { name: '<b>anna', online: true, since: '2026-11-18T11:06:40.000Z', lastSeenAt: null },
  ]);
  expect(documentOf(nightshiftViews['cut off'])).toMatchObject({
    running: null,
    cutOff: { night: '2026-11-20' },
  });
  expect(document).toMatchObject({ isRunning: true, sleepsAt: null, nights: [{ outcome: 'failed' }] });
});

describe('the headline of a machine that fills no disk', () => {
  const watched = (nightshift: NightshiftView) => {
    const empty = emptyModel();
    return { ...empty, nightshift, headline: headlineOf(empty.status, null, nightshift) };
  };

  test.each([
    ['people online', 'night-waiting', 'neutral', 'The night of 20 Nov 2026 has no backup yet.'],
    [
      'a job runs',
      'night-running',
      'busy',
      'The backup of the night of 20 Nov 2026 is running: FreeFileSync.',
    ],
    ['countdown', 'night-countdown', 'busy', 'This machine goes to sleep at'],
    ['done', 'night-done', 'good', 'The night of 20 Nov 2026 is done: every job has succeeded.'],
    ['failed', 'night-failed', 'bad', 'has ended, but not every job has succeeded.'],
    ['stopped', 'night-stopped', 'warning', '20 Nov 2026: stopped'],
    ['died', 'night-died', 'bad', 'The backup of the night of 20 Nov 2026 was cut off'],
    ['cut off', 'night-died', 'bad', 'The backup of the night of 20 Nov 2026 was cut off'],
    ['nobody watches', 'night-stopped', 'warning', '20 Nov 2026: stopped'],
    ['nobody watches any more', 'night-off', 'warning', 'nightshift is not running'],
    ['no look yet', 'night-waiting', 'neutral', 'No backup has been made yet.'],
  ] as const)('%s', (state, kind, tone, text) => {
    const model = watched(nightshiftViews[state]);
    expect(model.headline).toMatchObject({ kind, tone });
    const english = renderLive(model, createTranslator('en'));
    expect(english.html.headline).toContain(text);
    const german = renderLive(model, createTranslator('de'));
    for (const { title, html } of [english, german])
      expect(title + html.headline).not.toMatch(/Idle|Ruhe|Plug|Platte/);
    expect(german.title).not.toBe(english.title);
  });

  test('the last good night is told where the last one was none', () => {
    expect(renderLive(watched(nightshiftViews.failed), createTranslator('en')).html.headline).toMatch(
      /20 Nov 2026[\s\S]*19 Nov 2026: done/,
    );
  });

  test('where disks are filled it stays theirs', () => {
    const { headline } = sampleModel(runs.complete, { nightshift: nightshiftViews.failed });
    expect(headline.kind).toBe('complete');
  });
});

test('what was cut off is told while nobody watches', () => {
  const { html } = renderLive(
    { ...emptyModel(), nightshift: nightshiftViews['cut off'] },
    createTranslator('en'),
  );
  expect(html.nightshift).toMatch(
    /is not running[\s\S]*night of 20 Nov 2026 was cut off[\s\S]*makes up for it/,
  );
  const given = { ...nightshiftViews['cut off'] };
  given.state = { ...given.state, attempts: { night: nights.died.night, count: 2 } };
  expect(
    renderLive({ ...emptyModel(), nightshift: given }, createTranslator('en')).html.nightshift,
  ).not.toContain('makes up');
});
