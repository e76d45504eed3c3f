/** What every part of the doctor gets. */

import type { LenientConfig } from '../../config/load.ts';
import type { Translator } from '../../messages/translator.ts';
import type { StatusPaths } from '../../status/paths.ts';
import type { System } from '../../system/system.ts';
import type { CommandContext } from '../context.ts';

export interface Examination {
  context: CommandContext;
  /** Null when there is none, or none that can be read. */
  lenient: LenientConfig | null;
  translator: Translator;
  paths: StatusPaths;
  /** Where rights are missing, programs are started as they are: much can be seen all the same. */
  system: System;
  stateDirectory: string;
  runtimeDirectory: string;
}
