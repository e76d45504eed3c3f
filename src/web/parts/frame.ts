/** What surrounds every page: the document's head, the top line with the languages, the way past it. */

import { languages } from '../../messages/format.ts';
import { type Html, html } from '../html.ts';
import { icon } from './icon.ts';
import { link, type View } from './view.ts';

export interface Frame {
  title: string;
  /** Below what path the page lies, for the language links. */
  path: string;
  host: string | null;
  /** Refer to the page's script. */
  script: boolean;
  /** After how many seconds a browser without script asks again; null: never. */
  refreshSeconds: number | null;
  main: Html;
}

const languageNames = { en: 'English', de: 'Deutsch' } as const;

/** The whole document as text. Nothing in it is inline script or style: the content policy forbids both. */
export function documentOf(frame: Frame, view: View): string {
  const { say, language } = view.translator;
  const { title, path, host, script, refreshSeconds, main } = frame;
  const refresh = refreshSeconds !== null && html`<meta http-equiv="refresh" content="${refreshSeconds}">`;
  const others = languages.map((other) =>
    other === language
      ? html`<li><span aria-current="true">${languageNames[other]}</span></li>`
      : html`<li><a href="${path}?lang=${other}" hreflang="${other}" lang="${other}">${languageNames[other]}</a></li>`,
  );
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="/assets/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/page.css">
${script && html`<script type="module" src="/assets/page.js"></script>`}
${script ? refresh && html`<noscript>${refresh}</noscript>` : refresh}
</head>
<body>
<a class="skip" href="#main">${say('page.skip')}</a>
<header class="top">
<a class="brand" href="${link('/', view)}">${icon('disk')}<span>plugback</span></a>
${host !== null && html`<p class="host">${host}</p>`}
<nav aria-label="${say('page.languages')}"><ul class="languages">${others}</ul></nav>
</header>
<main id="main" tabindex="-1">
${main}
</main>
</body>
</html>
`.markup;
}
