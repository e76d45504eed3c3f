/** This machine's network cards, and through which of them another machine is reached. Pure but for `readInterfaces`. */

import { readFileSync } from 'node:fs';
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
      // Linux tells a second address of eth0 as eth0:1.
      name: name.replace(/^([^:\s]+):\w+$/, '$1'),
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

/** The address to which all of a card's net listens; null for IPv6 and for nets of one or two, which have none. */
export function broadcastOf({ address, netmask }: Pick<Interface, 'address' | 'netmask'>): string | null {
  if (!isIPv4(address) || prefixOf(netmask) > 30) return null;
  const mask = netmask.split('.').map(Number);
  return address
    .split('.')
    .map((part, index) => (Number(part) | (~(mask[index] ?? 255) & 0xff)) >>> 0)
    .join('.');
}

/**
 * Through which card an address is reached.
 *
 * @param chosen a card's name or address as configured, for addresses in its net and in that of no other; null: the card in
 *   whose net the address is
 * @returns null where there is no such card, or no card in that net: the routes decide then
 */
export function interfaceFor(
  address: string,
  chosen: string | null,
  interfaces: readonly Interface[],
): Interface | null {
  const sameFamily = interfaces.filter((card) => isIPv4(card.address) === isIPv4(address));
  const inNet = (cards: Interface[]) => cards.find((card) => !card.isInternal && isInNetOf(card, address));
  if (chosen === null) return inNet(sameFamily) ?? null;
  const named = sameFamily.filter((card) => card.name === chosen || card.address === chosen);
  // A computer's second card may hang in the net of another card of this machine.
  return named.length === 0 ? null : (inNet(named) ?? inNet(sameFamily) ?? named[0] ?? null);
}

/** A net, and the card through which the system's routes lead there. */
export interface Route {
  net: string;
  /** How many bits of an address tell that it is in the net. */
  prefix: number;
  card: string;
}

/** Of /proc/net/route; addresses stand there in hexadecimal, in the order of bytes of the machine, all ours being little-endian. */
export function parseRoutes(text: string): Route[] {
  const address = (hex: string) => [...Buffer.from(hex, 'hex')].reverse().join('.');
  return text.split('\n').flatMap((line) => {
    const [card = '', net = '', , , , , , mask = ''] = line.trim().split(/\s+/);
    const isRoute = /^[0-9A-F]{8}$/.test(net) && /^[0-9A-F]{8}$/.test(mask);
    return isRoute ? [{ net: address(net), prefix: prefixOf(address(mask)), card }] : [];
  });
}

/** Of /proc/net/ipv6_route, whose last column is the card. */
export function parseRoutes6(text: string): Route[] {
  return text.split('\n').flatMap((line) => {
    const [, net, prefix, card] = /^([0-9a-f]{32}) ([0-9a-f]{2}) .*\s(\S+)\s*$/.exec(line) ?? [];
    // Through lo lead only its own address and what is unreachable.
    if (net === undefined || prefix === undefined || card === undefined || card === 'lo') return [];
    return [{ net: (net.match(/.{4}/g) ?? []).join(':'), prefix: Number.parseInt(prefix, 16), card }];
  });
}

/** The system's routes; null where it does not tell (only Linux does). */
export function readRoutes(): Route[] | null {
  try {
    const version4 = parseRoutes(readFileSync('/proc/net/route', 'utf8'));
    return [...version4, ...parseRoutes6(readOr('/proc/net/ipv6_route', ''))];
  } catch {
    return null;
  }
}

/** Without IPv6 there is no such file. */
function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}

/** The card through which the routes lead to an address; null where none does. */
export function cardOfRoute(address: string, routes: readonly Route[]): string | null {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  let best: Route | null = null;
  for (const route of routes) {
    if (isIPv4(route.net) !== isIPv4(address) || (best !== null && best.prefix >= route.prefix)) continue;
    const net = new BlockList();
    net.addSubnet(route.net, route.prefix, family);
    if (net.check(address, family)) best = route;
  }
  return best?.card ?? null;
}

/**
 * Why nobody can be asked at an address, because of this machine: then silence tells nothing of the other one. A card whose
 * cable is pulled is not among `interfaces`, but the routes through it stay.
 *
 * @param chosen as for `interfaceFor`
 * @param routes null: not known
 * @returns null where there is a way
 */
export function whyBlind(
  address: string,
  chosen: string | null,
  { interfaces, routes }: { interfaces: readonly Interface[]; routes: readonly Route[] | null },
): string | null {
  if (interfaceFor(address, chosen, interfaces) !== null) return null;
  if (chosen !== null) return `${chosen}: no link`;
  const card = routes === null ? null : cardOfRoute(address, routes);
  if (routes !== null && card === null) return 'no route';
  const isUp = interfaces.some(({ name, isInternal }) => !isInternal && (card === null || name === card));
  return isUp ? null : `${card ?? 'all cards'}: no link`;
}
