/** A configuration, a run, a disk as they usually are; tests say only what is different. */

import type { Disk } from '../../src/backup/find-disk.ts';
import type { BackupConfig, Config, MailConfig } from '../../src/config/types.ts';
import { type RunDocument, type StepState, stepNames } from '../../src/status/types.ts';
import { defaultConfig } from '../config/defaults.ts';

export const uuid = '1b1f8c2e-7a4d-4c55-9f0e-2d3c4b5a6978';

export function sampleConfig(
  changes: { backup?: Partial<BackupConfig>; mail?: Partial<MailConfig> } = {},
): Config {
  return {
    ...defaultConfig,
    backup: {
      ...defaultConfig.backup,
      disks: [{ uuid, mailAddresses: ['anna@office.example'] }],
      ...changes.backup,
    },
    mail: {
      ...defaultConfig.mail,
      sysops: ['admin@office.example', 'root'],
      from: 'backup@office.example',
      cc: ['boss@office.example'],
      server: 'mail.office.example',
      ...changes.mail,
    },
  };
}

export const sampleDisk: Disk = {
  uuid,
  label: 'Montag',
  device: '/dev/sdb1',
  majorMinor: '8:17',
  fsType: 'ext4',
  sizeBytes: 2_000_000_000_000,
  writeProtected: false,
  kernelNames: ['sdb1', 'sdb'],
};

/** A run that ended well: 1.5 GB in 1234 files. */
export function sampleRun(changes: Partial<RunDocument> = {}, state: StepState = 'done'): RunDocument {
  return {
    id: '20261121-031244-9f3c',
    uuid,
    label: 'Montag',
    startedAt: '2026-11-21T03:12:44.000Z',
    finishedAt: '2026-11-21T04:14:49.000Z',
    step: 'unmount',
    steps: stepNames.map((name) => ({
      name,
      state,
      startedAt: '2026-11-21T03:12:44.000Z',
      finishedAt: '2026-11-21T04:14:49.000Z',
      message: '',
      said: null,
    })),
    estimate: { files: 1234, bytes: 1_500_000_000, deletes: 12 },
    progress: {
      phase: 'flushing',
      bytes: 1_500_000_000,
      bytesTotal: 1_500_000_000,
      files: 1234,
      filesTotal: 1234,
      bytesPerSecond: 98_000_000,
      etaSeconds: null,
    },
    freeBytes: 480_000_000_000,
    sizeBytes: 2_000_000_000_000,
    warnings: [],
    warningsSaid: [],
    outcome: 'done',
    error: null,
    unplug: true,
    ...changes,
  };
}
