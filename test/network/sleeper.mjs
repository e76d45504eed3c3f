/**
 * The network card of a computer that is off: it waits for the magic packet and switches the computer on some time later.
 *
 *     node sleeper.mjs MAC ADDRESS/PREFIX MILLISECONDS FILE
 *
 * Every magic packet is written into the file; with 0 ms it only listens.
 */

import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { appendFileSync } from 'node:fs';

const [mac, address, bootMs, record] = process.argv.slice(2);
const wanted = Buffer.concat([
  Buffer.alloc(6, 0xff),
  ...Array.from({ length: 16 }, () => Buffer.from(mac.replaceAll(':', ''), 'hex')),
]);
let isStarting = false;

const socket = createSocket('udp4');
socket.on('message', (packet, from) => {
  const isMagic = packet.length >= 102 && packet.subarray(0, 6).equals(Buffer.alloc(6, 0xff));
  if (!isMagic) return;
  appendFileSync(record, `${packet.subarray(6, 12).toString('hex')} from ${from.address}\n`);
  if (!packet.equals(wanted) || isStarting || Number(bootMs) === 0) return;
  isStarting = true;
  setTimeout(() => {
    isStarting = false;
    try {
      execFileSync('ip', ['address', 'add', address, 'dev', 'eth0'], { stdio: 'ignore' });
    } catch {
      // It is on already.
    }
  }, Number(bootMs));
});
socket.bind(9, '0.0.0.0', () => process.stdout.write('listening\n'));
