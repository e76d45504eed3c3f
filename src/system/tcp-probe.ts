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

/**
 * `open`: something listens there. `refused`: nothing does, but the machine is on. `silent`: no answer. `not-asked`: this
 * machine could not ask, which tells nothing of the other one.
 */
export type TcpAnswer = 'open' | 'refused' | 'silent' | 'not-asked';

/** What the system says where the question has not left this machine. */
const answerOf: { readonly [code: string]: TcpAnswer } = {
  ECONNREFUSED: 'refused',
  EADDRNOTAVAIL: 'not-asked',
  EADDRINUSE: 'not-asked',
  ENETUNREACH: 'not-asked',
  ENETDOWN: 'not-asked',
  EACCES: 'not-asked',
  EPERM: 'not-asked',
  EMFILE: 'not-asked',
  ENFILE: 'not-asked',
  ENOBUFS: 'not-asked',
};

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
    socket.once('error', (error) => end(answerOf[systemCodeOf(error) ?? ''] ?? 'silent'));
    if (signal?.aborted) stop();
  });
}
