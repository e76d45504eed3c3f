/** Ends a test run with every skipped test and its reason, and with one line that counts, for people and machines. */

import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

/** How many tests passed, failed and were skipped, and why. */
interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  skippedByReason: Map<string, string[]>;
}

/** To be named after vitest's own reporter, which tells of each failure. */
export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const counts = countTests(modules, unhandledErrors.length);
    // Said on the way out, so that nothing else can come after the last line.
    process.once('exit', () => {
      if (counts.failed > 0 || counts.passed === 0) process.exitCode ||= 1;
      process.stdout.write(summary(counts));
    });
  }
}

/** Counts a run; a file that could not be loaded, and an error outside of any test, each count as a failed test. */
function countTests(modules: readonly TestModule[], unhandledErrors: number): Counts {
  const counts: Counts = { passed: 0, failed: unhandledErrors, skipped: 0, skippedByReason: new Map() };
  for (const module of modules) {
    if (module.errors().length > 0) counts.failed += 1;
    for (const suite of module.children.allSuites()) {
      if (suite.errors().length > 0) counts.failed += 1;
    }
    for (const test of module.children.allTests()) countTest(counts, module, test);
  }
  return counts;
}

function countTest(counts: Counts, module: TestModule, test: TestCase): void {
  const result = test.result();
  if (result.state === 'passed') counts.passed += 1;
  // A test still pending at the end never finished.
  else if (result.state !== 'skipped') counts.failed += 1;
  else {
    counts.skipped += 1;
    const reason = result.note ?? (isOfBrokenSuite(test) ? 'the preparation failed' : 'no reason given');
    const names = counts.skippedByReason.get(reason) ?? [];
    counts.skippedByReason.set(reason, [...names, `${module.relativeModuleId} > ${test.fullName}`]);
  }
}

/** True where a `beforeAll` failed: vitest then counts the tests below it as skipped. */
function isOfBrokenSuite(test: TestCase): boolean {
  for (let above = test.parent; ; above = above.parent) {
    if (above.errors().length > 0) return true;
    if (above.type === 'module') return false;
  }
}

function summary(counts: Counts): string {
  const lines: string[] = [''];
  for (const [reason, names] of counts.skippedByReason) {
    lines.push(`SKIPPED, ${reason}: ${names.length}`, ...names.map((name) => `  ${name}`), '');
  }
  if (counts.passed === 0 && counts.failed === 0)
    lines.push('No test ran, and that counts as a failure.', '');
  lines.push(`Tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return `${lines.join('\n')}\n`;
}
