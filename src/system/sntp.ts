/** Asks an NTP server what time it is (SNTP, RFC 4330): to measure a clock, not to set one. */

import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';

/** Seconds from 1900, where NTP begins to count, to 1970. */
const ntpEpochSeconds = 2_208_988_800;
const port = 123;

/** A client's question, version 4. @param sentAt ms since 1970; comes back in the answer, which so proves what it answers */
export function sntpQuestion(sentAt: number): Buffer {
  const packet = Buffer.alloc(48);
  packet[0] = 0b00_100_011;
  writeTime(packet, 40, sentAt);
  return packet;
}

/**
 * How far the server's clock is ahead of ours.
 *
 * @param times when the question left and the answer came, in ms since 1970 by our clock
 * @returns ms, negative where the server is behind; null when this is no answer to that question, or one by a server that
 *   does not know the time itself (stratum 0, not synchronised, or no time in it)
 */
export function parseSntpAnswer(
  packet: Uint8Array,
  { sentAt, receivedAt }: { sentAt: number; receivedAt: number },
): number | null {
  const answer = Buffer.from(packet);
  if (answer.length < 48) return null;
  const [first = 0, stratum = 0] = answer;
  const isServer = (first & 0b111) === 4;
  const isSynchronised = first >> 6 !== 3;
  const isOurs = answer.subarray(24, 32).equals(sntpQuestion(sentAt).subarray(40, 48));
  if (!isServer || !isSynchronised || stratum === 0 || stratum > 15 || !isOurs) return null;
  if (answer.readUInt32BE(32) === 0 || answer.readUInt32BE(40) === 0) return null;
  const cameThere = readTime(answer, 32);
  const leftThere = readTime(answer, 40);
  return (cameThere - sentAt + (leftThere - receivedAt)) / 2;
}

function writeTime(packet: Buffer, at: number, ms: number): void {
  const seconds = Math.floor(ms / 1000);
  // Rounded down, and NTP's own turn of the era in 2036 just wraps round.
  packet.writeUInt32BE((seconds + ntpEpochSeconds) % 2 ** 32, at);
  packet.writeUInt32BE(Math.floor(((ms - seconds * 1000) / 1000) * 2 ** 32), at + 4);
}

function readTime(packet: Buffer, at: number): number {
  const seconds = packet.readUInt32BE(at);
  // The highest bit has been set since 1968; without it the era after 2036 is meant (RFC 4330, 3.).
  const whole = seconds >= 2 ** 31 ? seconds : seconds + 2 ** 32;
  return (whole - ntpEpochSeconds) * 1000 + (packet.readUInt32BE(at + 4) / 2 ** 32) * 1000;
}

export interface SntpOptions {
  address: string;
  sourceAddress: string | null;
  timeoutMs: number;
  /** Wall-clock time, ms since 1970. */
  now(): number;
}

/** @returns ms that the server is ahead of this machine; null when it does not answer. Never throws. */
export async function askNtpServer(options: SntpOptions): Promise<number | null> {
  const { address, sourceAddress, timeoutMs, now } = options;
  const socket = createSocket(isIPv4(address) ? 'udp4' : 'udp6');
  return new Promise<number | null>((resolve) => {
    let sentAt = 0;
    let isOver = false;
    const end = (offset: number | null) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      socket.close();
      resolve(offset);
    };
    const timer = setTimeout(() => end(null), timeoutMs);
    socket.on('error', () => end(null));
    socket.on('message', (packet) => {
      const offset = parseSntpAnswer(packet, { sentAt, receivedAt: now() });
      if (offset !== null) end(offset);
    });
    // What these two throw in a callback would end the process.
    const unless = (body: () => void) => () => {
      if (isOver) return;
      try {
        body();
      } catch {
        end(null);
      }
    };
    const ask = unless(() => {
      sentAt = now();
      socket.send(sntpQuestion(sentAt));
    });
    // Connected, it hears nobody else, and learns at once where no server listens.
    const connect = unless(() => socket.connect(port, address, ask));
    socket.bind({ port: 0, ...(sourceAddress === null ? {} : { address: sourceAddress }) }, connect);
  });
}
