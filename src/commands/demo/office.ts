/** The demo's source: what a small office backs up, and what a day does to it. */

import { randomFillSync } from 'node:crypto';
import { renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../../system/folder.ts';

const megabyte = 1_000_000;
const veeam = 'Veeam/Daily backup of SERVER1';
const customers = ['Müller & Söhne', 'Bäckerei Groß', 'Nord GmbH', "O'Neill Ltd", 'Café am Markt'];

/** A full backup, some increments, office files, and a few thousand small ones: about 700 MB. */
export async function makeOffice(root: string, signal: AbortSignal): Promise<void> {
  await writeRandom(path.join(root, veeam, 'SERVER1_2026-11-15T220000.vbk'), 400 * megabyte, signal);
  for (const day of [16, 17, 18, 19]) {
    await writeRandom(path.join(root, veeam, `SERVER1_2026-11-${day}T220000.vib`), 60 * megabyte, signal);
  }
  writeText(path.join(root, veeam, 'SERVER1.vbm'), '<?xml version="1.0"?><BackupMeta/>\n'.repeat(400));
  for (const [number, customer] of customers.entries()) {
    const folder = path.join(root, 'Office', customer);
    for (let letter = 1; letter <= 12; letter += 1) {
      const name = `Letter ${String(letter).padStart(2, '0')}.docx`;
      writeBytes(path.join(folder, name), 40_000 + 7_000 * ((letter * 3 + number) % 9));
    }
    writeBytes(path.join(folder, `Offer ${2026 - number}.pdf`), 600_000 + 90_000 * number);
    writeBytes(path.join(folder, 'Budget.xlsx'), 120_000);
  }
  for (let folder = 1; folder <= 30; folder += 1) {
    signal.throwIfAborted();
    for (let file = 1; file <= 100; file += 1) {
      const name = `Mail/${String(folder).padStart(2, '0')}/${String(file).padStart(4, '0')}.eml`;
      writeText(
        path.join(root, name),
        `Subject: No. ${folder}-${file}\n\n${'Dear all, please see below.\n'.repeat(20)}`,
      );
    }
  }
}

/** One day later: a new increment, edited and new files, one thrown away, one renamed. */
export async function passDay(root: string, signal: AbortSignal): Promise<void> {
  await writeRandom(path.join(root, veeam, 'SERVER1_2026-11-20T220000.vib'), 80 * megabyte, signal);
  writeText(
    path.join(root, veeam, 'SERVER1.vbm'),
    '<?xml version="1.0"?><BackupMeta day="6"/>\n'.repeat(410),
  );
  for (const customer of customers.slice(0, 3)) {
    writeBytes(path.join(root, 'Office', customer, 'Letter 05.docx'), 61_000);
    writeBytes(path.join(root, 'Office', customer, 'Letter 13.docx'), 48_000);
  }
  rmSync(path.join(root, 'Office', customers[3] ?? '', 'Letter 01.docx'));
  renameSync(
    path.join(root, 'Office', customers[4] ?? '', 'Budget.xlsx'),
    path.join(root, 'Office', customers[4] ?? '', 'Budget 2027.xlsx'),
  );
  for (let file = 101; file <= 140; file += 1) {
    writeText(path.join(root, `Mail/30/0${file}.eml`), `Subject: New ${file}\n\nGood morning.\n`);
  }
  // A day's work is visible in the times, whatever the clock says while the demo runs.
  const tomorrow = Date.now() / 1000 + 1;
  utimesSync(path.join(root, 'Office', customers[0] ?? '', 'Letter 05.docx'), tomorrow, tomorrow);
}

/** Random bytes: backup files are compressed, nothing can make them smaller or skip over them. */
async function writeRandom(filePath: string, size: number, signal: AbortSignal): Promise<void> {
  makeFolder(path.dirname(filePath));
  const handle = await open(filePath, 'w');
  const piece = Buffer.alloc(4 * megabyte);
  try {
    for (let written = 0; written < size; written += piece.length) {
      signal.throwIfAborted();
      randomFillSync(piece);
      await handle.write(piece, 0, Math.min(piece.length, size - written));
    }
  } finally {
    await handle.close();
  }
}

function writeBytes(filePath: string, size: number): void {
  makeFolder(path.dirname(filePath));
  writeFileSync(filePath, randomFillSync(Buffer.alloc(size)));
}

function writeText(filePath: string, text: string): void {
  makeFolder(path.dirname(filePath));
  writeFileSync(filePath, text);
}
