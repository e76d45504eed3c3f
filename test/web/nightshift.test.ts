/** The night watch on the page: what it does, who is online, the last nights; and for programs. */

import { expect, test } from 'vitest';
import { createTranslator, sentence } from '../../src/messages/translator.ts';
import { appendNight, freshState, nightshiftPaths, writeNightshift } from '../../src/status/nightshift.ts';
import { documentOf } from '../../src/status/nightshift-view.ts';
import { realClock } from '../../src/system/clock.ts';
import { identifyProcess } from '../../src/system/process-identity.ts';
import { createFileReaders } from '../../src/web/file-readers.ts';
import { renderLive, renderPage } from '../../src/web/page.ts';
import { useFolder } from '../folder.ts';
import { emptyModel } from './models.ts';

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
  const document = documentOf({ state, isRunning: true, nights: [night] });
  expect(document.computers).toEqual([
    { name: '<b>anna', online: true, since: '2026-11-18T11:06:40.000Z', lastSeenAt: null },
  ]);
  expect(document).toMatchObject({ isRunning: true, sleepsAt: null, nights: [{ outcome: 'failed' }] });
});
