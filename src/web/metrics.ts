/** What Prometheus is told. Made anew for each question, so that a disk that is gone from the configuration is gone here. */

import { Gauge, Registry } from 'prom-client';
import type { OutcomeName, RunDocument } from '../status/types.ts';
import type { Clock } from '../system/clock.ts';
import type { DiskView, Readers } from './readers.ts';

const outcomes: readonly OutcomeName[] = ['done', 'warned', 'failed', 'refused'];

export interface MetricsText {
  contentType: string;
  text: string;
}

/** All metrics as text. What is not known is left out; seconds since a backup that never was are infinite. */
export async function renderMetrics(
  readers: Readers,
  now: Clock['now'],
  version: string,
): Promise<MetricsText> {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `plugback_${name}`, help, labelNames, registers: [registry] });
  const [status, disks, outboxLength, { runs }] = await Promise.all([
    readers.status(),
    readers.disks(),
    readers.outboxLength(),
    readers.history({ limit: 1, skip: 0 }),
  ]);
  gauge('info', 'The version that runs.', ['version']).set({ version }, 1);
  gauge('running', '1 while a backup runs.').set(status.state === 'running' ? 1 : 0);
  const progress = gauge('progress_ratio', 'How much of the running backup is copied, from 0 to 1.');
  progress.set(status.state === 'running' ? ratioOf(status.run) : 0);
  const outbox = gauge('outbox_mails', 'Mails that wait to be sent.');
  if (outboxLength === null) outbox.reset();
  else outbox.set(outboxLength);
  const last = status.state === 'idle' ? (status.run ?? runs[0]) : runs[0];
  if (last !== undefined) addLastRun(last, gauge);
  addDisks(disks, gauge, now());
  return { contentType: registry.contentType, text: await registry.metrics() };
}

type MakeGauge = (name: string, help: string, labelNames?: readonly string[]) => Gauge;

function ratioOf(run: RunDocument | null): number {
  const { bytes = 0, bytesTotal = 0 } = run?.progress ?? {};
  return bytesTotal > 0 ? Math.min(1, bytes / bytesTotal) : 0;
}

function addLastRun(run: RunDocument, gauge: MakeGauge): void {
  const outcome = gauge('last_run_outcome', 'How the last backup ended: 1 for the one that is true.', [
    'outcome',
  ]);
  for (const name of outcomes) outcome.set({ outcome: name }, run.outcome === name ? 1 : 0);
  const started = Date.parse(run.startedAt) / 1000;
  gauge('last_run_start_time_seconds', 'When the last backup started, in seconds since 1970.').set(started);
  if (run.finishedAt !== null) {
    const seconds = Date.parse(run.finishedAt) / 1000 - started;
    gauge('last_run_duration_seconds', 'How long the last backup took.').set(seconds);
  }
  gauge('last_run_bytes', 'What the last backup copied, in bytes.').set(run.progress?.bytes ?? 0);
  gauge('last_run_files', 'How many files the last backup copied.').set(run.progress?.files ?? 0);
}

function addDisks(disks: readonly DiskView[], gauge: MakeGauge, now: number): void {
  const labelNames = ['uuid', 'label'];
  const free = gauge('disk_free_bytes', 'Free on the disk after its last backup.', labelNames);
  const size = gauge('disk_size_bytes', 'The size of the disk.', labelNames);
  const attached = gauge('disk_attached', '1 while the disk is plugged in.', labelNames);
  const since = gauge(
    'disk_seconds_since_good_backup',
    'Seconds since the last good backup on the disk ended; +Inf when there was none.',
    labelNames,
  );
  for (const disk of disks) {
    const labels = { uuid: disk.uuid, label: disk.label ?? '' };
    if (disk.freeBytes !== null) free.set(labels, disk.freeBytes);
    if (disk.sizeBytes !== null) size.set(labels, disk.sizeBytes);
    attached.set(labels, disk.isAttached ? 1 : 0);
    const seconds =
      disk.lastGoodAt === null ? Number.POSITIVE_INFINITY : (now - Date.parse(disk.lastGoodAt)) / 1000;
    since.set(labels, seconds);
  }
}
