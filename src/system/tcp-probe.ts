/** Asks whether a machine is there where ping is filtered: by opening a connection to one of its ports. */

import { createConnection } from 'node:net';
import { systemCodeOf } from '../errors.ts';

export interface TcpQuestion {
  address: string;
  port: number;
  /** The address of this machine from which is asked; null: as the routes say. */
  sourceAddress: string | null;
  timeoutMs: number;
}

/** `open`: something listens there. `refused`: nothing does, but the machine is on. `silent`: no answer. */
export type TcpAnswer = 'open' | 'refused' | 'silent';

/** Never throws; a port that was opened is closed again at once. */
export function probeTcp(question: TcpQuestion, signal?: AbortSignal): Promise<TcpAnswer> {
  const { address, port, sourceAddress, timeoutMs } = question;
  return new Promise((resolve) => {
    const socket = createConnection({
      host: address,
      port,
      ...(sourceAddress === null ? {} : { localAddress: sourceAddress }),
    });
    const end = (answer: TcpAnswer) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      socket.destroy();
      resolve(answer);
    };
    const stop = () => end('silent');
    const timer = setTimeout(stop, timeoutMs);
    signal?.addEventListener('abort', stop, { once: true });
    socket.once('connect', () => end('open'));
    socket.once('error', (error) => end(systemCodeOf(error) === 'ECONNREFUSED' ? 'refused' : 'silent'));
    if (signal?.aborted) stop();
  });
}
