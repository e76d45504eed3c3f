/** Leaves this machine out of the computers that are watched, woken and sent to sleep. Pure. */

import { plainAddress } from '../config/address.ts';
import type { JobConfig, NightshiftConfig } from '../config/types.ts';
import type { Interface } from '../system/interfaces.ts';

/**
 * The list of an office's computers may hold this one, too: it would always be online, and no night would ever begin.
 *
 * @param interfaces of this machine; a computer with one of their addresses is it
 * @returns the configuration without it, where jobs that name it mean the machine that they run on; and its names
 */
export function withoutThisMachine(
  config: NightshiftConfig,
  interfaces: readonly Interface[],
): { config: NightshiftConfig; left: string[] } {
  const own = interfaces.filter(({ isInternal }) => !isInternal);
  const isOwn = ({ ips, macs }: NightshiftConfig['computers'][number]) =>
    own.some(({ address, mac }) => ips.includes(plainAddress(address) ?? address) || macs.includes(mac));
  const left = config.computers.filter(isOwn).map(({ name }) => name);
  const others = (names: readonly string[]) => names.filter((name) => !left.includes(name));
  const jobs = config.jobs.map((job): JobConfig => {
    const involved = { source: others(job.source), target: others(job.target) };
    if (job.kind !== 'rsync') return { ...job, ...involved };
    const here = <P extends { computer: string | null }>(place: P): P =>
      left.some((name) => name.toLowerCase() === place.computer?.toLowerCase())
        ? { ...place, computer: null }
        : place;
    return { ...job, ...involved, from: here(job.from), to: here(job.to) };
  });
  return { config: { ...config, jobs, computers: config.computers.filter((one) => !isOwn(one)) }, left };
}
