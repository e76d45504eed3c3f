/** What several of the office's nights have in common. */

import type { Office } from './office.ts';

/** rsync from the NAS to the backup computer. */
export const rsyncJob = (office: Office, more = '') =>
  `[JOB documents]\nkind = rsync\nfrom = ${office.file('source')}/\nto = nas2:${office.file('copy')}/\n` +
  `retries = 0\nretry-minutes = 0\n${more}`;

/** Anna and Otto, who are asked, and a backup computer that is woken. */
export const sections = (office: Office) =>
  office.section('anna', { mac: '' }) +
  office.section('otto', { mac: '' }) +
  office.section('nas2', { reach: 'ssh', 'after-backup': 'shutdown' });

/** A backup computer that is off, wakes in a second and a half, and takes orders; Anna and Otto at work. */
export async function openOffice(
  office: Office,
  options: { bootMs?: number; isKnown?: boolean } = {},
): Promise<void> {
  await office.listenForPackets('nas2', options.bootMs ?? 1500);
  await office.serveSsh('nas2', options);
  office.switchOn('anna');
  office.switchOn('otto');
}

export async function everybodyGoesHome(office: Office): Promise<void> {
  const isSeen = () => office.state?.computers.otto?.online === true;
  await office.until('the look at those who work', isSeen);
  office.switchOff('anna');
  office.switchOff('otto');
}
