/** From a letter to the message as it goes over the wire (RFC 5322), streamed. */

import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { MailConfig } from '../config/types.ts';
import { printable } from '../messages/printable.ts';
import type { Translator } from '../messages/translator.ts';
import { prepareAttachments } from './attachments.ts';
import { htmlFromText } from './html.ts';
import { type Address, type Letter, parseAddress, recipientsOf } from './letter.ts';

/** Who sends to whom, as the server is told it; independent of what the headers say. */
export interface Envelope {
  from: string;
  to: string[];
}

export interface ComposeOptions {
  /** The Date header. */
  date: Date;
  /** The part of the Message-ID before the @. The same mail keeps it however often it is sent. */
  messageKey: string;
  /** This machine's name, for the Message-ID, and as sender's domain where none is configured. */
  hostname: string;
  translator: Translator;
  /** Where compressed logs may lie while the message is written. */
  workDirectory: string;
  /** Lines that follow the letter's text. */
  notes?: readonly string[];
}

/** Loaded on first use: no other command needs it, and it is large. */
export const loadComposer = () => import('nodemailer/lib/mail-composer');

/**
 * Writes the message to `destination` and ends it.
 *
 * The text part holds the letter's lines as given, then notes on attachments that could not be attached, if any.
 *
 * @returns the envelope; `to` is empty when the letter has no recipient
 * @throws the system's error when `destination` fails, or there is no room for the compressed logs
 */
export async function composeMessage(
  letter: Letter,
  config: Pick<MailConfig, 'from' | 'attachLimitMb'>,
  options: ComposeOptions,
  destination: Writable,
): Promise<Envelope> {
  const { default: MailComposer } = await loadComposer();
  const { translator } = options;
  const prepared = await prepareAttachments(letter.attachments, {
    limitMb: config.attachLimitMb,
    workDirectory: options.workDirectory,
    temporaryName: options.messageKey,
    translator,
  });
  try {
    const notes = [...(options.notes ?? []), ...prepared.notes];
    const lines = [...letter.text, ...(notes.length === 0 ? [] : ['', ...notes])].map(printable);
    const recipients = recipientsOf(letter);
    const from = senderOf(config.from, options.hostname);
    const message = new MailComposer({
      from,
      to: recipients.to,
      cc: recipients.cc,
      subject: printable(letter.subject),
      date: options.date,
      messageId: messageId(options.messageKey, options.hostname),
      headers: {
        // RFC 3834: no machine shall answer a machine. Exchange needs its own word for it.
        'Auto-Submitted': 'auto-generated',
        'X-Auto-Response-Suppress': 'All',
        'Content-Language': translator.language,
      },
      text: `${lines.join('\n')}\n`,
      html: letter.html ?? htmlFromText(lines, letter.tone ?? 'neutral', translator.language),
      attachments: prepared.attachments.map(({ name, contentType, content }) => ({
        filename: name,
        contentType,
        ...(Buffer.isBuffer(content) ? { content } : { path: content.path }),
      })),
      envelope: { from, to: [...recipients.to, ...recipients.cc] },
      newline: 'win',
    }).compile();
    const envelope = message.getEnvelope();
    await pipeline(message.createReadStream(), destination);
    return { from: envelope.from || from.address, to: envelope.to };
  } finally {
    await prepared.dispose();
  }
}

/** The Message-ID header's value. */
export function messageId(messageKey: string, hostname: string): string {
  return `<${messageKey}@${domainOf(hostname)}>`;
}

function senderOf(configured: string, hostname: string): Address {
  return parseAddress(configured) ?? { name: 'plugback', address: `plugback@${domainOf(hostname)}` };
}

function domainOf(hostname: string): string {
  return hostname.replaceAll(/[^a-zA-Z0-9.-]/g, '-') || 'localhost';
}
