/** The enrolled disks: what each holds, how much room it has, whether it was away for too long. */

import { type Html, html } from '../html.ts';
import type { DiskView } from '../readers.ts';
import { icon } from './icon.ts';
import { ago, diskLabel, moment, type View } from './view.ts';

export function diskList(disks: readonly DiskView[], view: View): Html {
  const { say } = view.translator;
  if (disks.length === 0) {
    return html`<p class="empty">${say('page.disks.none')} <code>plugback enroll</code></p>`;
  }
  return html`<ul class="disks">${disks.map((disk) => diskCard(disk, view))}</ul>`;
}

function diskCard(disk: DiskView, view: View): Html {
  const { say } = view.translator;
  return html`<li class="disk">
<h3>${icon('disk')}${diskLabel(disk, view)}</h3>
<p class="badges">
<span class="badge ${disk.isAttached ? 'badge-busy' : 'badge-quiet'}">${say(disk.isAttached ? 'page.disks.attached' : 'page.disks.away')}</span>
${disk.isOverdue && html`<span class="badge badge-warning">${icon('warning')}${say('page.disks.overdue')}</span>`}
</p>
<p>${
    disk.lastGoodAt === null
      ? say('page.disks.never')
      : html`${say('page.disks.last-good')} <strong>${ago(disk.lastGoodAt, view)}</strong> <span class="quiet">(${moment(disk.lastGoodAt, view)})</span>`
  }</p>
${room(disk, view)}
${disk.label && html`<p class="uuid">${disk.uuid}</p>`}
</li>`;
}

/** How full the disk was after its last run. */
function room({ freeBytes, sizeBytes }: DiskView, { translator }: View): Html {
  const { say } = translator;
  if (freeBytes === null || sizeBytes === null || sizeBytes <= 0) {
    return html`<p class="quiet">${say('page.disks.room-unknown')}</p>`;
  }
  const used = Math.min(100, Math.max(0, Math.round((100 * (sizeBytes - freeBytes)) / sizeBytes)));
  const words = say('page.disks.free', { freeBytes, sizeBytes });
  return html`<meter min="0" max="100" low="80" high="92" optimum="0" value="${used}" aria-label="${say('page.disks.used', { percent: used })}">${words}</meter>
<p class="quiet">${words}</p>`;
}
