/** The README's tables of errors and warnings are the messages themselves. `UPDATE=1 npx vitest run test/readme.test.ts` rewrites them. */

import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ErrorCode, exitCodes, type SignalCode } from '../src/errors.ts';
import { en, enErrors } from '../src/messages/en.ts';
import { createFormat } from '../src/messages/format.ts';
import { sampleDetails, sampleErrorDetails } from './sample-details.ts';

const readme = new URL('../README.md', import.meta.url);
const format = createFormat('en');

function between(text: string, name: string, content: string): string {
  const pattern = new RegExp(`(<!-- ${name}:begin -->\\n)[^]*?(<!-- ${name}:end -->)`);
  expect(text, `the README has no place for ${name}`).toMatch(pattern);
  return text.replace(pattern, (_, begin: string, end: string) => `${begin}${content}${end}`);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function errorTable(): string {
  // A signal's exit code depends on the signal, and the table of exit codes has those.
  const codes = Object.keys(exitCodes) as Exclude<ErrorCode, SignalCode>[];
  const rows = codes.map((code) => {
    const { problem, remedy } = enErrors[code](sampleErrorDetails(code) as never, format);
    return `| ${cell(problem)} | ${cell(remedy)} | ${exitCodes[code]} |`;
  });
  return ['| what it says | what to do | code |', '|---|---|---|', ...rows, ''].join('\n');
}

function warningTable(): string {
  const keys = Object.keys(en).filter((key) => key.startsWith('warn.')) as (keyof typeof en)[];
  const rows = keys.map((key) => {
    const template = en[key] as (details: unknown, f: typeof format) => string;
    return `- ${template(sampleDetails(key), format)}`;
  });
  return [...rows, ''].join('\n');
}

test('the README lists every error and every warning in their own words', () => {
  const text = readFileSync(readme, 'utf8');
  const wanted = between(between(text, 'errors', errorTable()), 'warnings', warningTable());
  if (process.env.UPDATE === '1') writeFileSync(readme, wanted);
  expect(wanted === text || process.env.UPDATE === '1', 'run this test with UPDATE=1').toBe(true);
});
