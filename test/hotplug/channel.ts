/** A conversation in JSON, a message a line, over a socket file: so speak both QEMU and the agent in its guest. */

import { connect, type Socket } from 'node:net';
import { waitFor } from '../disk/command.ts';

export interface Message {
  id?: number;
  return?: unknown;
  error?: { class: string; desc: string };
  /** QEMU's reports of what happened by itself. */
  event?: string;
  data?: { [name: string]: unknown };
}

export class Channel {
  private readonly received: Message[] = [];
  private rest = '';
  private lastId = 0;
  private isOpen = true;

  constructor(private readonly socket: Socket) {
    socket.setEncoding('utf8');
    socket.on('data', (piece: string) => this.take(piece));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.isOpen = false;
    });
  }

  /** Sends a command and returns the answer to it. @throws Error with the words of the other side */
  async request<T>(name: string, parameters: object = {}, seconds = 60): Promise<T> {
    this.lastId += 1;
    const id = this.lastId;
    this.write(`${JSON.stringify({ execute: name, arguments: parameters, id })}\n`);
    const answer = await this.next(`the answer to ${name}`, (message) => message.id === id, seconds);
    if (answer.error !== undefined) throw new Error(`${name}: ${answer.error.desc}`);
    return answer.return as T;
  }

  /** The next message of a kind; earlier ones that nobody has asked for count. */
  async next(what: string, isWanted: (message: Message) => boolean, seconds: number): Promise<Message> {
    return waitFor(
      what,
      () => {
        const place = this.received.findIndex(isWanted);
        if (place >= 0) return this.received.splice(place, 1)[0];
        if (!this.isOpen) throw new Error(`${what}: the connection has ended`);
        return null;
      },
      seconds,
    );
  }

  write(text: string | Buffer): void {
    this.socket.write(text);
  }

  close(): void {
    this.socket.destroy();
  }

  private take(piece: string): void {
    const lines = (this.rest + piece).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      // The agent begins with a byte that is not text, so that whatever came before can be told from its answer.
      const text = line.slice(line.indexOf('{'));
      if (text.startsWith('{')) this.received.push(JSON.parse(text) as Message);
    }
  }
}

/**
 * Connects as soon as somebody listens at the file.
 *
 * @param verifyAlive throws when there is nobody left who could
 */
export async function openChannel(file: string, verifyAlive: () => void): Promise<Channel> {
  const socket = await waitFor(`somebody at ${file}`, () => {
    verifyAlive();
    return connection(file);
  });
  return new Channel(socket);
}

function connection(file: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(file);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}
