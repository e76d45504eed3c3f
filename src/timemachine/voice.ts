/** Where the timemachine says what it does: to the terminal and the log alike. */

import type { SayArguments, SentenceKey } from '../messages/translator.ts';

export interface Voice {
  info<K extends SentenceKey>(key: K, ...details: SayArguments<K>): void;
  error<K extends SentenceKey>(key: K, ...details: SayArguments<K>): void;
}
