/** The page as text: what it says in each state and language, and that nothing from outside becomes markup. */

import { describe, expect, test } from 'vitest';
import { PlugbackError } from '../../src/errors.ts';
import { languages } from '../../src/messages/format.ts';
import { createTranslator, sentence } from '../../src/messages/translator.ts';
import { html } from '../../src/web/html.ts';
import { renderLive, renderPage, renderRun } from '../../src/web/page.ts';
import type { PageModel } from '../../src/web/page-model.ts';
import {
  doneRun,
  emptyModel,
  endedBadly,
  logText,
  runningRun,
  runs,
  sampleDiskView,
  sampleModel,
  stateNames,
} from './models.ts';

const english = createTranslator('en');
const german = createTranslator('de');

function page(model: PageModel, translator = english): string {
  return renderPage(model, translator, { script: true });
}

/** What a reader sees: no tags, no entities, blanks as one. */
function text(markup: string): string {
  return markup
    .replace(/<head>[\s\S]*?<\/head>|<[^>]+>/g, ' ')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ');
}

function title(markup: string): string | undefined {
  return /<h1>([\s\S]*?)<\/h1>/.exec(markup)?.[1];
}

describe('html', () => {
  test('makes text of what is filled in, and keeps markup of its own', () => {
    const { markup } = html`<b title="${'"x" & \'y\''}">${['<i>', html`<u>${1}</u>`, null, false]}</b>`;
    expect(markup).toBe('<b title="&quot;x&quot; &amp; &#39;y&#39;">&lt;i&gt;<u>1</u></b>');
  });

  test('does not take an object out of a file for markup', () => {
    const forged = JSON.parse('{ "markup": "<script>" }');
    expect(html`${forged}`.markup).not.toContain('<script>');
  });

  test('shows control characters and keeps line breaks', () => {
    expect(html`${'a\nb\x1b[31m\u202e\0'}`.markup).toBe('a\nb\\x1b[31m\\u202e\\x00');
  });
});

describe('the sentence on top', () => {
  test.each([
    ['never', 'No backup has been made yet.', 'Ruhe – plugback'],
    ['preparing', 'The disk “Montag” is being prepared for the backup.', 'Vorbereitung – plugback'],
    [
      'waiting',
      'Waiting for Veeam to finish (Buero-PC and Server.lock), 42 min at most; then “Montag” is filled.',
      'Warten auf Veeam – plugback',
    ],
    ['comparing', 'Comparing the source with “Montag”, to see what must be copied.', 'Vergleich – plugback'],
    ['copying', 'Copying to “Montag”: 62% done, 98 MB/s, about 10 min left.', '62 % Kopie läuft – plugback'],
    ['flushing', '“Montag” is taking the last data: do not unplug it.', 'Noch nicht abziehen – plugback'],
    ['complete', 'You can unplug the disk.', 'Sicherung vollständig – plugback'],
    ['warned', 'You can unplug the disk.', 'Vollständig, mit Warnungen – plugback'],
    [
      'later',
      expect.stringContaining('Not now: the backup on “Montag” was put off'),
      'Verschoben – plugback',
    ],
    ['refused', expect.stringContaining('was REFUSED to protect your data'), 'Abgelehnt – plugback'],
    ['failed', expect.stringContaining('The backup on “Montag” FAILED'), 'Fehlgeschlagen – plugback'],
  ] as const)('%s', (state, words, germanTitle) => {
    const model = sampleModel(runs[state]);
    expect(title(page(model))).toEqual(words);
    expect(page(model, german)).toContain(`<title>${germanTitle}</title>`);
  });

  test('every state has a symbol beside its colour', () => {
    const symbols = stateNames.map(
      (state) => /headline-symbol"><svg class="icon icon-(\w+)"/.exec(page(sampleModel(runs[state])))?.[1],
    );
    expect(symbols).not.toContain(undefined);
    expect(symbols[stateNames.indexOf('complete')]).not.toBe(symbols[stateNames.indexOf('failed')]);
  });

  test('waiting tells for whom and how long still', () => {
    expect(text(page(sampleModel(runs.waiting)))).toContain(
      'Veeam is still writing: Buero-PC.lock (Buero-PC) since 21 Nov 2026, 02:58 and Server.lock since 21 Nov 2026, 03:05. Waiting for it, for 42 min at most.',
    );
  });

  test('copying has a bar, amounts, and says that it may finish sooner', () => {
    const markup = page(sampleModel(runs.copying));
    expect(markup).toContain('<progress aria-label="Progress of the copy" max="100" value="62">');
    expect(text(markup)).toContain('91.8 GB of 148 GB 764 of 1,234 files It may finish sooner');
    expect(text(markup)).toContain('Do not unplug the disk.');
  });

  test('a copy of which nothing is known yet has a bar without a value', () => {
    const markup = page(sampleModel(runningRun('copy')));
    expect(title(markup)).toBe('Copying to “Montag”.');
    expect(markup).toContain('<title>Copying – plugback</title>');
  });

  test('a disk that was taken away leaves the last good backup, and how long ago', () => {
    const model = sampleModel(runs.complete, { disks: [sampleDiskView({ isAttached: false })] });
    expect(title(page(model))).toBe('The last good backup is on “Montag”, made 5 min ago.');
    expect(renderLive(model, english).html.announcement).not.toContain('You can unplug');
  });

  test('failed tells why, what to do, and where the last good backup is', () => {
    const words = text(page(sampleModel(runs.failed)));
    expect(words).toContain('What happened The disk /dev/sdb1 was pulled out');
    expect(words).toContain('What to do Plug it in again');
    expect(words).toContain('Do not unplug the disk.');
    expect(words).toContain('The last good backup is on “Freitag”');
  });

  test('is said aloud at every tenth of a copy, not at every percent', () => {
    const { html: parts } = renderLive(sampleModel(runs.copying), english);
    expect(parts.announcement).toBe('Copying, 60% done.');
    expect(renderLive(sampleModel(runs.complete), english).html.announcement).toContain(
      'You can unplug the disk.',
    );
  });
});

describe('the page', () => {
  test('lists nine steps with state in words, and the warnings', () => {
    const markup = page(sampleModel(runs.copying));
    expect(markup.match(/<li class="step step-/g)).toHaveLength(9);
    expect(markup).toContain('class="step step-running" aria-current="step"');
    expect(text(markup)).toContain('Copy running Copying /srv/backups/ to /media/plugback/.');
    expect(text(page(sampleModel(runs.warned)))).toContain('Warnings 3 files disappeared');
  });

  test('shows the queue while there is one', () => {
    expect(text(page(sampleModel(runs.copying)))).toContain('Waiting their turn Freitag since');
    expect(text(page(sampleModel(runs.complete)))).not.toContain('Waiting their turn');
  });

  test('shows each disk: last backup, room, overdue', () => {
    const markup = page(sampleModel(runs.complete));
    expect(markup).toMatch(/<meter [^>]*value="76" aria-label="76% of the disk are in use">/);
    expect(text(markup)).toContain('Freitag not plugged in overdue Last backup 9 days ago');
    expect(text(markup)).toContain('AB12-34CD not plugged in No backup on it yet.');
  });

  test('has the history with links to runs and to its other pages', () => {
    const markup = page(
      sampleModel(runs.complete, {
        history: { runs: [doneRun({ id: 'a/b?"' })], total: 87, page: 2, limit: 20 },
      }),
    );
    expect(markup).toContain('href="/runs/a%2Fb%3F%22?lang=en"');
    expect(markup).toContain('rel="prev" href="/?lang=en&amp;page=1#history"');
    expect(markup).toContain('rel="next" href="/?lang=en&amp;page=3#history"');
    expect(text(markup)).toContain('Page 2 of 5');
  });

  test('says what to do where nothing is there yet', () => {
    const words = text(page(emptyModel()));
    expect(words).toContain('No disk is enrolled. Plug one in and type: plugback enroll');
    expect(words).toContain('Nothing here yet.');
    expect(words).toContain('The log is empty.');
    expect(words).not.toContain('Start a backup');
  });

  test('has a form for starts only where there is a token', () => {
    expect(page(sampleModel(runs.complete))).toContain('id="start-form"');
    expect(page(sampleModel(runs.complete, { canStart: false }))).not.toContain('id="start-form"');
    // Without names, a browser without script cannot put the token into an address.
    expect(page(sampleModel(runs.complete))).not.toMatch(/<(input|select)[^>]* name=/);
  });

  test('asks again by itself where there is no script, faster during a run', () => {
    expect(page(sampleModel(runs.copying))).toContain(
      '<noscript><meta http-equiv="refresh" content="10"></noscript>',
    );
    const plain = renderPage(sampleModel(runs.complete), english, { script: false });
    expect(plain).toContain('<meta http-equiv="refresh" content="60">');
    expect(plain).not.toContain('<script');
  });

  test.each(languages)('is whole in %s, with nothing inline and nothing from elsewhere', (language) => {
    for (const state of stateNames) {
      const markup = page(sampleModel(runs[state]), createTranslator(language));
      expect(markup).toContain(`<html lang="${language}">`);
      expect(markup).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]* src="\/assets\/)|"javascript:/i);
      expect(markup).not.toMatch(/(src|href)="(https?:)?\/\//);
      expect(markup).not.toMatch(/undefined|NaN|\[object/);
    }
  });

  test('live parts are those of the whole page, under the same ids', () => {
    for (const state of stateNames) {
      const model = sampleModel(runs[state]);
      const whole = page(model);
      for (const [id, part] of Object.entries(renderLive(model, english).html)) {
        expect(whole).toContain(`id="${id}"`);
        expect(whole).toContain(part);
      }
    }
  });
});

describe('a past run', () => {
  test('shows its result, numbers, steps and log', () => {
    const words = text(renderRun(doneRun(), logText, english));
    expect(words).toContain('The backup on “Montag” is complete');
    expect(words).toContain('Deleted 12');
    expect(words).toContain('Flush and unmount the disk done');
    expect(words).toContain('Copying /srv/backups/ to /media/plugback/.');
  });

  test('tells why it failed, and that its log is gone', () => {
    const words = text(renderRun(runs.refused, null, german));
    expect(words).toContain('Gelöscht –');
    expect(words).toContain('Was ist passiert');
    expect(words).toContain('Das Protokoll dieses Laufs ist nicht mehr vorhanden.');
  });
});

describe('hostile text', () => {
  const hostile = `"><script>alert('x')</script>\u202e\x1b[31m\u2066`;
  const shown = `"><script>alert('x')</script>\\u202e\\x1b[31m\\u2066`;
  const disk = sampleDiskView({ label: hostile, uuid: hostile });

  function hostileModels(): PageModel[] {
    const warning = sentence('mount.done', { mountPoint: hostile, device: hostile });
    const changes = {
      label: hostile,
      uuid: hostile,
      id: hostile,
      warnings: [hostile],
      warningsSaid: [warning],
    };
    const failed = endedBadly(new PlugbackError('source-missing', { path: hostile }), 'estimate', changes);
    const running = runningRun('copy', { ...changes, warningsSaid: [] });
    const told = running.steps.map((step) => ({ ...step, said: null, message: hostile }));
    const history = { runs: [failed, doneRun(changes)], total: 2, page: 1, limit: 20 };
    return [failed, { ...running, steps: told }, doneRun(changes)].map((run) => {
      const model = sampleModel(run, { disks: [disk], history, logTail: hostile, host: hostile });
      model.status.queue.push({ uuid: hostile, label: hostile, since: hostile });
      return model;
    });
  }

  test.each(languages)('appears as text in %s', (language) => {
    for (const model of hostileModels()) {
      const translator = createTranslator(language);
      const run = model.status.run ?? doneRun();
      const documents = [page(model, translator), renderRun(run, hostile, translator)];
      for (const markup of documents) {
        expect(markup).not.toContain('<script>');
        expect(markup).not.toMatch(
          /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u,
        );
        expect(text(markup).split(shown).length).toBeGreaterThan(2);
      }
    }
  });
});
