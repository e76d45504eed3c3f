/** Wakes a computer by a magic packet (AMD, “Magic Packet Technology”, 1995): six times 0xff, sixteen times its address. */

import { createSocket } from 'node:dgram';
import { broadcastOf, type Interface } from './interfaces.ts';

/** UDP's “discard”: whatever listens there ignores it; the card wakes before anything listens. */
const port = 9;
/** A packet may get lost while a switch negotiates its port anew. */
const repeats = 3;

/** @param mac as `aa:bb:cc:dd:ee:ff` */
export function magicPacket(mac: string): Buffer {
  const address = Buffer.from(mac.replaceAll(':', ''), 'hex');
  return Buffer.concat([Buffer.alloc(6, 0xff), ...Array.from({ length: 16 }, () => address)]);
}

/**
 * Sends the packet for one card into one net.
 *
 * It goes to the net's own broadcast address: 255.255.255.255 would leave through one card of this machine only,
 * whichever has the default route.
 *
 * @throws the system's error when it cannot be sent
 */
export async function sendMagicPacket(mac: string, card: Interface): Promise<void> {
  const broadcast = broadcastOf(card);
  if (broadcast === null) throw new Error(`${card.name} has no IPv4 address`);
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address: card.address }, resolve);
    });
    socket.setBroadcast(true);
    const packet = magicPacket(mac);
    for (let sent = 0; sent < repeats; sent += 1) {
      await new Promise<void>((resolve, reject) => {
        socket.send(packet, port, broadcast, (error) => (error === null ? resolve() : reject(error)));
      });
    }
  } finally {
    socket.close();
  }
}
