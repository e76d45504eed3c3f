/** IP addresses as they may stand in a configuration. Pure. */

import { BlockList, isIP, isIPv4, SocketAddress } from 'node:net';

/** An address as the system itself would write it, so that two spellings are one; null for anything else, and with a zone. */
export function plainAddress(text: string): string | null {
  if (isIP(text) === 0 || text.includes('%')) return null;
  return new SocketAddress({ address: text, family: isIPv4(text) ? 'ipv4' : 'ipv6' }).address;
}

/**
 * Unspecified, loopback, multicast and reserved, and what needs a zone to be an address at all. Two lists: in one, those of
 * IPv6 that stand for IPv4 would match all of it.
 */
const notOneComputers = {
  ipv4: listOf('ipv4', [
    ['0.0.0.0', 8],
    ['127.0.0.0', 8],
    ['224.0.0.0', 3],
  ]),
  ipv6: listOf('ipv6', [
    ['::', 96],
    ['::ffff:0:0', 96],
    ['fe80::', 10],
    ['ff00::', 8],
  ]),
};

function listOf(
  family: 'ipv4' | 'ipv6',
  nets: readonly (readonly [net: string, prefix: number])[],
): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of nets) list.addSubnet(net, prefix, family);
  return list;
}

/** May this be the address of another computer, of one and no more? */
export function isOfOneComputer(address: string): boolean {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  return !notOneComputers[family].check(address, family);
}
