/** The files that come with the program and are written to this machine. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { renderTemplate } from '../config/template.ts';
import type { Language } from '../messages/format.ts';
import { allUnitNames, type Templates } from './plan.ts';

/**
 * @param folder where the rule, the units and the list of excludes are, side by side
 * @throws the system's error when one is missing
 */
export function readTemplates(folder: string, language: Language): Templates {
  const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');
  return {
    rule: read('90-plugback.rules'),
    units: Object.fromEntries(allUnitNames.map((name) => [name, read(name)])),
    config: renderTemplate(language),
    excludes: read('rsync_excludes'),
  };
}
