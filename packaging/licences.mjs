/** The licences of what is bundled. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const project = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * The licences of the npm packages that went into a bundle, each in its own words.
 *
 * @param {readonly string[]} inputs the files of the bundle, relative to the project
 * @returns {string}
 */
export function thirdParty(inputs) {
  const folders = new Set(
    inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []),
  );
  const texts = [...folders].toSorted().map((folder) => {
    const { name, version, license } = JSON.parse(read(`${folder}/package.json`));
    const file = readdirSync(path.join(project, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version} (${license})\n\n${file === undefined ? '' : read(`${folder}/${file}`).trim()}\n`;
  });
  return [...new Set(texts)].join(`\n${'-'.repeat(80)}\n\n`);
}

function read(name) {
  return readFileSync(path.join(project, name), 'utf8');
}
