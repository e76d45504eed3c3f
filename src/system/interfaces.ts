/** This machine's network cards, and through which of them another machine is reached. Pure but for `readInterfaces`. */

import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

export interface Interface {
  name: string;
  /** One of its addresses; a card with several is there several times. */
  address: string;
  netmask: string;
  /** As `aa:bb:cc:dd:ee:ff`. */
  mac: string;
  isInternal: boolean;
}

/** Those that are up and have an address. */
export function readInterfaces(): Interface[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).map(({ address, netmask, mac, internal }) => ({
      name,
      address,
      netmask,
      mac: mac.toLowerCase(),
      isInternal: internal,
    })),
  );
}

/** Is the address in the net of this card? */
export function isInNetOf(card: Pick<Interface, 'address' | 'netmask'>, address: string): boolean {
  if (isIPv4(card.address) !== isIPv4(address)) return false;
  const net = new BlockList();
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  net.addSubnet(card.address, prefixOf(card.netmask), family);
  return net.check(address, family);
}

/** How many bits of a netmask are set, such as 24 of `255.255.255.0`. */
export function prefixOf(netmask: string): number {
  const numbers = isIPv4(netmask)
    ? netmask.split('.').map(Number)
    : netmask.split(':').map((part) => Number.parseInt(part || '0', 16));
  const bits = numbers.map((number) => number.toString(2).replaceAll('0', '').length);
  return bits.reduce((sum, count) => sum + count, 0);
}

/** The address to which all of a card's net listens; null for IPv6, which has none. */
export function broadcastOf({ address, netmask }: Pick<Interface, 'address' | 'netmask'>): string | null {
  if (!isIPv4(address)) return null;
  const mask = netmask.split('.').map(Number);
  return address
    .split('.')
    .map((part, index) => (Number(part) | (~(mask[index] ?? 255) & 0xff)) >>> 0)
    .join('.');
}

/**
 * Through which card an address is reached.
 *
 * @param chosen a card's name or address as configured; null: the card in whose net the address is
 * @returns null where there is no such card, or no card in that net: the routes decide then
 */
export function interfaceFor(
  address: string,
  chosen: string | null,
  interfaces: readonly Interface[],
): Interface | null {
  const sameFamily = interfaces.filter((card) => isIPv4(card.address) === isIPv4(address));
  if (chosen !== null) {
    const named = sameFamily.filter((card) => card.name === chosen || card.address === chosen);
    return named.find((card) => isInNetOf(card, address)) ?? named[0] ?? null;
  }
  return sameFamily.find((card) => !card.isInternal && isInNetOf(card, address)) ?? null;
}
