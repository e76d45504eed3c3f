/** The form that starts a copy: only a script can send its token, and nothing stores it. */

import { type Html, html } from '../html.ts';
import type { DiskView } from '../readers.ts';
import type { View } from './view.ts';

export function startForm(disks: readonly DiskView[], { translator: { say } }: View): Html {
  const options = disks.map(
    (disk) =>
      html`<option value="${disk.uuid}">${disk.label || disk.uuid}${!disk.isAttached && ` – ${say('page.disks.away')}`}</option>`,
  );
  // Its fields have no names, so that a browser without script could never put the token into an address.
  return html`<section class="card" id="start" aria-labelledby="start-title">
<h2 id="start-title">${say('page.start')}</h2>
<p>${say('page.start.hint')}</p>
<noscript><p class="empty">${say('page.start.no-script')}</p></noscript>
<form id="start-form" autocomplete="off" data-unreachable="${say('page.start.unreachable')}" data-wrong="${say('web.start.token')}">
<fieldset disabled>
<legend class="unseen">${say('page.start')}</legend>
<div class="field"><label for="start-disk">${say('page.start.disk')}</label><select id="start-disk" required>${options}</select></div>
<div class="field"><label for="start-token">${say('page.start.token')}</label><input id="start-token" type="password" autocomplete="off" required></div>
<button type="submit">${say('page.start.button')}</button>
</fieldset>
<p class="answer" role="status"></p>
</form>
</section>`;
}
