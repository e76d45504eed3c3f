/** The page's symbols: they say in shape what the colours say, so that nobody needs to tell colours apart. */

import { type Html, html } from '../html.ts';

export type IconName =
  | 'check'
  | 'warning'
  | 'cross'
  | 'clock'
  | 'turning'
  | 'flush'
  | 'eject'
  | 'stay'
  | 'disk'
  | 'dot'
  | 'dash'
  | 'moon';

const shapes: { readonly [N in IconName]: Html } = {
  check: html`<circle cx="12" cy="12" r="9"/><path d="m8 12.3 2.8 2.8L16.2 9"/>`,
  warning: html`<path d="M12 3.6 21.4 20H2.6Z"/><path d="M12 10v4.4M12 17.2v.2"/>`,
  cross: html`<path d="M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3Z"/><path d="m9 9 6 6m0-6-6 6"/>`,
  clock: html`<circle cx="12" cy="12" r="9"/><path d="M12 7v5.2l3.4 2"/>`,
  turning: html`<path class="faint" d="M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18"/><path d="M12 3a9 9 0 0 1 9 9"/>`,
  flush: html`<path d="M12 3v10m0 0 4-4m-4 4L8 9"/><path d="M4 15v4.5h16V15"/>`,
  eject: html`<path d="M12 4.5 20 14H4Z"/><path d="M4 18.8h16"/>`,
  stay: html`<rect x="5" y="10.5" width="14" height="10" rx="2"/><path d="M8.5 10.5V7.2a3.5 3.5 0 0 1 7 0v3.3"/>`,
  disk: html`<rect x="3" y="6" width="18" height="12" rx="2.5"/><path d="M7 14.3h.1M10.5 14.3H17"/>`,
  dot: html`<circle cx="12" cy="12" r="4"/>`,
  dash: html`<path d="M7 12h10"/>`,
  moon: html`<path d="M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5Z"/>`,
};

/** A symbol that stands beside words that say the same; a screen reader leaves it out. */
export function icon(name: IconName): Html {
  return html`<svg class="icon icon-${name}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${shapes[name]}</svg>`;
}
