/**
 * Unit tests side by side; then the page in browsers; then the disk tests, three at a time: each has a laboratory of its own,
 * and they mostly wait; then those on machines of their own.
 */

import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { CountReporter } from './test/reporter.ts';

const { version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

export default defineConfig({
  define: { PLUGBACK_VERSION: JSON.stringify(version) },
  test: {
    reporters: ['default', new CountReporter()],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          // What needs a loop device, a container or a virtual machine has its own suite.
          exclude: ['test/{browser,disk,container,hotplug,network,slow,windows}/**'],
          maxWorkers: 2,
          // Those that may run side by side mostly wait.
          maxConcurrency: 12,
          testTimeout: 10_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'container',
          include: ['test/container/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          // Only where it was asked for: it makes a virtual machine, and the first time its disk as well.
          name: 'hotplug',
          include: process.env.PLUGBACK_HOTPLUG === '1' ? ['test/hotplug/**/*.test.ts'] : [],
          globalSetup: ['test/hotplug/prepare.ts'],
          // Each guest has one processor.
          maxWorkers: 2,
          testTimeout: 600_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 4 },
        },
      },
      {
        extends: true,
        test: {
          // Only where it was asked for: it waits for minutes.
          name: 'slow',
          include: process.env.PLUGBACK_SLOW === '1' ? ['test/slow/**/*.test.ts'] : [],
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 5 },
        },
      },
      {
        extends: true,
        test: {
          // Only where it was asked for: it makes the program for Windows, and an office with wine to run it in.
          name: 'windows',
          include: process.env.PLUGBACK_WINDOWS === '1' ? ['test/windows/**/*.test.ts'] : [],
          globalSetup: ['test/windows/prepare.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 6 },
        },
      },
      {
        extends: true,
        test: {
          // Only where it was asked for: it makes an office of network namespaces, and some of its nights take a minute.
          name: 'network',
          include: process.env.PLUGBACK_NETWORK === '1' ? ['test/network/**/*.test.ts'] : [],
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 7 },
        },
      },
      {
        extends: true,
        test: {
          name: 'disk',
          include: ['test/disk/**/*.test.ts'],
          maxWorkers: 3,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
