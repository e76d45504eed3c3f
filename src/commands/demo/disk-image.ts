/** The demo's backup disk: an image file, attached as a real block device. */

import { open } from 'node:fs/promises';
import { PlugbackError } from '../../errors.ts';
import type { Argv, Runner } from '../../system/run.ts';

export interface AttachedImage {
  /** `/dev/loop0`. */
  device: string;
  uuid: string;
}

/** The arguments that make an ext4 filesystem in a file. */
export function mkfsArgv(image: string, label: string, uuid: string): Argv {
  return ['mkfs.ext4', '-q', '-F', '-L', label, '-U', uuid, image];
}

/** The arguments that attach a file as a block device and print its name. */
export function attachArgv(image: string): Argv {
  return ['losetup', '--find', '--show', '--', image];
}

/** The arguments that detach it. */
export function detachArgv(device: string): Argv {
  return ['losetup', '--detach', device];
}

/**
 * Makes an image of a size (bytes; it takes only what is written into it), attaches it, runs the body, detaches it.
 *
 * @throws PlugbackError `program-missing`; Error with the program's words
 */
export async function withDiskImage<T>(
  options: { path: string; sizeBytes: number; label: string; uuid: string },
  runner: Runner,
  body: (disk: AttachedImage) => Promise<T>,
): Promise<T> {
  const handle = await open(options.path, 'w', 0o600);
  await handle.truncate(options.sizeBytes);
  await handle.close();
  await succeed(runner, mkfsArgv(options.path, options.label, options.uuid));
  const device = (await succeed(runner, attachArgv(options.path))).trim();
  try {
    return await body({ device, uuid: options.uuid });
  } finally {
    await runner.run(detachArgv(device));
  }
}

async function succeed(runner: Runner, argv: Argv): Promise<string> {
  const result = await runner.run(argv);
  if (result.exitCode === 0) return result.stdout;
  throw new PlugbackError('unexpected', { reason: `${argv[0]}: ${result.stderr.trim()}` });
}
