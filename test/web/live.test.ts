import { renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { appendHistory } from '../../src/status/history.ts';
import type { StatusDocument } from '../../src/status/types.ts';
import { sampleRun } from '../backup/samples.ts';
import { waitFor } from '../disk/command.ts';
import { useFolder } from '../folder.ts';
import { type Site, startSite } from './site.ts';

const folder = useFolder();

interface Told {
  document: StatusDocument;
  title: string;
  html: Record<string, string>;
}

/** An open event stream and what it was told so far. */
async function watch(site: Site, query = '') {
  const stop = new AbortController();
  const answer = await fetch(`${site.address}/api/events${query}`, { signal: stop.signal });
  const told: Told[] = [];
  let hasEnded = false;
  const reading = (async () => {
    let rest = '';
    for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) {
      rest += new TextDecoder().decode(piece);
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data:(.*)$/m.exec(block)?.[1];
        if (data !== undefined) told.push(JSON.parse(data) as Told);
      }
    }
  })()
    .catch(() => undefined)
    .finally(() => {
      hasEnded = true;
    });
  return {
    answer,
    told,
    hasEnded: () => hasEnded,
    leave: async () => {
      stop.abort();
      await reading;
    },
  };
}

function storeStatus(site: Site, label: string): void {
  const document = { version: 1, state: 'idle', run: sampleRun({ label }), queue: [] };
  writeFileSync(`${site.paths.status}.new`, JSON.stringify(document));
  renameSync(`${site.paths.status}.new`, site.paths.status);
}

describe('the event stream', () => {
  test('each of 50 readers gets each state, first the one that is the case', async () => {
    const site = await startSite(folder());
    storeStatus(site, 'state 0');
    const readers = await Promise.all(Array.from({ length: 50 }, () => watch(site)));
    const labels = (reader: { told: Told[] }) => reader.told.map(({ document }) => document.run?.label);
    await waitFor('the first state', () => readers.every((reader) => reader.told.length === 1));
    const expected = ['state 0'];
    for (let number = 1; number <= 5; number += 1) {
      storeStatus(site, `state ${number}`);
      expected.push(`state ${number}`);
      await waitFor('the next state', () => readers.every((reader) => reader.told.length > number));
    }
    for (const reader of readers) expect(labels(reader)).toEqual(expected);
    for (const reader of readers) await reader.leave();
  });

  test('what comes first is the whole page, then only what changed', async () => {
    const site = await startSite(folder());
    const reader = await watch(site);
    expect(reader.answer.headers.get('content-type')).toBe('text/event-stream');
    expect(reader.answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    await waitFor('the page', () => reader.told.length === 1);
    expect(Object.keys(reader.told[0]?.html ?? {})).toContain('history');
    storeStatus(site, 'Dienstag');
    await waitFor('the change', () => reader.told.length === 2);
    const changed = reader.told[1]?.html ?? {};
    expect(changed.headline).toContain('Dienstag');
    expect(Object.keys(changed)).not.toContain('history');
    await reader.leave();
  });

  test('a run that enters the history is told although the status stays', async () => {
    const site = await startSite(folder());
    storeStatus(site, 'Montag');
    const reader = await watch(site);
    await waitFor('the page', () => reader.told.length === 1);
    await appendHistory(site.paths.history, sampleRun());
    await waitFor('the history', () => reader.told.length === 2);
    expect(reader.told[1]?.html.history).toContain('Montag');
    await reader.leave();
  });

  test('everybody in their own language', async () => {
    const site = await startSite(folder());
    storeStatus(site, 'Montag');
    const readers = [await watch(site, '?lang=de'), await watch(site, '?lang=en')];
    await waitFor('both', () => readers.every((reader) => reader.told.length === 1));
    const headlines = readers.map((reader) => reader.told[0]?.html.headline);
    expect(headlines[0]).toContain('Die letzte gute Sicherung');
    expect(headlines[1]).toContain('The last good backup');
    for (const reader of readers) await reader.leave();
  });

  test('half a status in between ends no stream', async () => {
    const site = await startSite(folder());
    storeStatus(site, 'Montag');
    const reader = await watch(site);
    await waitFor('the page', () => reader.told.length === 1);
    writeFileSync(site.paths.status, '{"version":1,"state":"run');
    await sleep(100);
    storeStatus(site, 'Dienstag');
    await waitFor('the next', () => reader.told.at(-1)?.document.run?.label === 'Dienstag');
    await reader.leave();
  });

  test('while nobody watches, nobody looks; the next reader gets what is the case then', async () => {
    let looks = 0;
    const enrolled = () => {
      looks += 1;
      return [];
    };
    const site = await startSite(folder(), { readers: { enrolled } });
    storeStatus(site, 'Montag');
    const first = await watch(site);
    await waitFor('the page', () => first.told.length === 1);
    await first.leave();
    await sleep(100);
    const before = looks;
    storeStatus(site, 'Dienstag');
    await sleep(100);
    expect(looks).toBe(before);
    const second = await watch(site);
    await waitFor('the page', () => second.told.length === 1);
    expect(second.told[0]?.document.run?.label).toBe('Dienstag');
    await second.leave();
  });

  test('at the end open pages get the last state, and then their streams end', async () => {
    const site = await startSite(folder(), { app: { intervalMs: 60_000 } });
    storeStatus(site, 'Montag');
    const reader = await watch(site);
    await waitFor('the page', () => reader.told.length === 1);
    storeStatus(site, 'Dienstag');
    await site.close();
    await waitFor('the end', reader.hasEnded);
    expect(reader.told.at(-1)?.document.run?.label).toBe('Dienstag');
  });
});
