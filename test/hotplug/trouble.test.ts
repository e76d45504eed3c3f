/** Disks that cannot take a backup: nothing that is not complete is ever called done. */

import { expect } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import type { OutcomeName } from '../../src/status/types.ts';
import type { Disk } from './disks.ts';
import { type Box, scenarios } from './scenario.ts';

const scenario = scenarios();
const megabyte = 1024 * 1024;

interface ExpectedTrouble {
  outcome: OutcomeName;
  /** Any of these: which one depends on who meets it first. */
  codes: readonly ErrorCode[];
  exitCode: number;
  /** In the subject or text of the last mail. */
  mail: RegExp;
}

/** Waits for the end of a backup, and holds it against how it should have failed. */
async function expectTrouble(box: Box, disk: Disk, expected: ExpectedTrouble): Promise<void> {
  const { outcome, codes, exitCode, mail } = expected;
  const run = await box.ended(disk);
  expect(run).toMatchObject({ outcome, error: { code: expect.toBeOneOf([...codes]), exitCode } });
  expect(await box.property(disk, 'ExecMainStatus')).toBe(String(exitCode));
  const text = await box.lastMail();
  expect(text).toMatch(mail);
  expect(text).not.toContain('is complete.');
  expect(text).not.toMatch(/^Backup (done|started)/);
  expect(await box.isMounted()).toBe(false);
}

scenario('a disk that begins to refuse writes in mid-copy', async (box) => {
  const disk = await box.disk();
  await box.grow('large.vbk', 12);
  await box.configure([disk], { 'rsync-options': '--bwlimit=1000' });
  await box.plug(disk);
  await box.copied(megabyte);
  await box.breakWrites(disk);
  await expectTrouble(box, disk, {
    outcome: 'failed',
    codes: ['flush-failed', 'disk-io-error', 'copy-failed'],
    exitCode: 74,
    mail: /^Backup FAILED: disk “PLUGBACK”/,
  });
});

scenario('a write-protected stick', async (box) => {
  const disk = await box.disk();
  await box.configure([disk]);
  await box.plug(disk, { readOnly: true });
  await expectTrouble(box, disk, {
    outcome: 'failed',
    codes: ['disk-read-only'],
    exitCode: 69,
    mail: /is write-protected\.[\s\S]*Slide its switch, or use another disk\./,
  });
});

scenario('a disk that is too small is refused before a byte is copied', async (box) => {
  const disk = await box.disk({ megabytes: 16 });
  await box.grow('large.vbk', 24);
  await box.configure([disk]);
  await box.plug(disk);
  await expectTrouble(box, disk, {
    outcome: 'refused',
    codes: ['not-enough-space'],
    exitCode: 76,
    mail: /^Backup REFUSED: [\s\S]*Nothing was copied or deleted\.[\s\S]*Use a larger disk, or remove old backups/,
  });
  await box.pull(disk);
  expect((await box.contents(disk)).filter((line) => line !== '')).toEqual([]);
});

scenario('a disk that runs full because a file grows while others are copied', async (box) => {
  const disk = await box.disk({ megabytes: 32 });
  await box.grow('large.vbk', 12);
  await box.grow('z-grows.vbk', 1);
  await box.configure([disk], { 'rsync-options': '--bwlimit=500' });
  await box.plug(disk);
  await box.copied(megabyte);
  await box.grow('z-grows.vbk', 24);
  await expectTrouble(box, disk, {
    outcome: 'failed',
    codes: ['disk-full'],
    exitCode: 74,
    mail: /ran full while copying/,
  });
});
