/**
 * Copies one state of a file, whole or not at all.
 *
 * A file may be written to at any moment. Its state is taken before and after, by the kernel's own time of change, and a
 * copy counts only when both are the same. That time moves in ticks, and it is set when a write begins: so a file that
 * was changed a moment ago is left alone until it has been quiet for a second. One that never is gets compared byte by
 * byte with its copy as well.
 */

import { constants } from 'node:fs';
import { type FileHandle, lstat, open, rename } from 'node:fs/promises';
import { reasonOf, systemCodeOf } from '../errors.ts';
import { type BytePath, bufferOf, joinBytes, nameOfBytes } from '../system/byte-path.ts';
import { copyName, timeText } from './copy-name.ts';
import { copiesOf, type Destination, destinationError, listVersions } from './destination.ts';
import { type FileState, isSameState, lookOf, type Trouble, troubleOf } from './file-state.ts';
import { makeFolders } from './folders.ts';
import { copyInto, setTime, throughHandle, withNewFile } from './new-file.ts';
import { type Known, syncFolder } from './record.ts';

export interface CaptureRequest {
  destination: Destination;
  file: BytePath;
  /** The state that is to be copied; another one is a reason to come again. */
  expected: FileState;
  /** The record knows nothing of it: it may have been copied when this machine had another time zone. */
  isUnknown: boolean;
  /** It is never quiet: compare the copy with it. */
  isRestless: boolean;
  /** Different for each copy that is made at the same time. */
  slot: number;
  isRoot: boolean;
}

export type Captured =
  /** `copy` is its path. */
  | { kind: 'copied'; known: Known; copy: BytePath }
  /** A copy of this state was there already. */
  | { kind: 'same'; known: Known }
  /** It has changed meanwhile: this is what it was at last. */
  | { kind: 'changed'; state: FileState }
  | { kind: 'trouble'; trouble: Trouble };

/** What can only be the destination's fault. */
const destinationCodes = ['ENOSPC', 'EDQUOT', 'EROFS'];

/**
 * Copies a file's state, unless there is a copy of it already. The caller holds the destination.
 *
 * @throws PlugbackError `copies-folder-missing`, `copies-folder-unusable`
 */
export async function capture(request: CaptureRequest): Promise<Captured> {
  const { destination, file, expected } = request;
  // A pipe that has taken the file's place must not hold everything up.
  const source = await open(bufferOf(file), constants.O_RDONLY | constants.O_NONBLOCK).catch(troubleOf);
  if ('kind' in source) return { kind: 'trouble', trouble: source };
  try {
    const before = lookOf(await source.stat());
    if ('trouble' in before) return { kind: 'trouble', trouble: before.trouble };
    if (!isSameState(before.state, expected)) return { kind: 'changed', state: before.state };
    const present = await findCopy(request, source);
    if (present === 'changed') return await changed(source);
    if (present !== null) return { kind: 'same', known: { state: expected, copy: nameOfBytes(present) } };
    return await copyState(source, request);
  } catch (error) {
    if (destinationCodes.includes(systemCodeOf(error) ?? '')) {
      throw destinationError(destination, reasonOf(error), error);
    }
    // A disk that was pulled out fails in many ways.
    const isThere = await lstat(destination.folder).catch(() => null);
    if (isThere === null) throw destinationError(destination, reasonOf(error), error);
    const trouble = troubleOf(error);
    // A share may refuse to read what it let be opened. Any other error can be that of the copies as well.
    if (trouble.kind === 'in-use') return { kind: 'trouble', trouble };
    return { kind: 'trouble', trouble: { kind: 'failed', reason: reasonOf(error) } };
  } finally {
    await source.close();
  }
}

async function changed(source: FileHandle): Promise<Captured> {
  const look = lookOf(await source.stat());
  return 'state' in look
    ? { kind: 'changed', state: look.state }
    : { kind: 'trouble', trouble: look.trouble };
}

/** A copy of this very state: made before the record was lost, or by whoever was killed before writing it there. */
async function findCopy(
  { destination, file, expected: state, isUnknown }: CaptureRequest,
  source: FileHandle,
): Promise<BytePath | 'changed' | null> {
  const versions = await listVersions(destination, file, isUnknown ? null : timeText(state.modifiedUs));
  for (const version of versions) {
    if (version.modifiedUs !== state.modifiedUs || version.size !== state.size) continue;
    const isEqual = await holdsSame(source, bufferOf(version.path));
    const after = lookOf(await source.stat());
    if (!('state' in after) || !isSameState(after.state, state)) return 'changed';
    if (isEqual) return version.path;
  }
  return null;
}

async function copyState(source: FileHandle, request: CaptureRequest): Promise<Captured> {
  const { destination, file, expected, slot } = request;
  const folder = copiesOf(destination, file);
  await makeFolders(destination, folder);
  await makeFolders(destination, destination.unfinished);
  const temporary = bufferOf(joinBytes(destination.unfinished, String(slot)));
  const { mode, uid, gid } = await source.stat();
  return await withNewFile(temporary, async (made) => {
    // Through the open file: whatever takes its name meanwhile, this is the state that was looked at.
    await copyInto(throughHandle(source), made);
    // Without what would let somebody run it with another's rights; readable for who has made it.
    await made.chmod((mode & 0o777) | 0o400);
    // Some filesystems know no owners.
    if (request.isRoot) await made.chown(uid, gid).catch(() => undefined);
    if (request.isRestless && !(await holdsSame(source, throughHandle(made)))) return await changed(source);
    const after = lookOf(await source.stat());
    if ('trouble' in after) return { kind: 'trouble', trouble: after.trouble };
    if (!isSameState(after.state, expected)) return { kind: 'changed', state: after.state };
    await setTime(made, expected.modifiedUs);
    await made.sync();
    const copy = await freeName(folder, nameOfBytes(file), expected.modifiedUs);
    await rename(temporary, bufferOf(copy));
    await syncFolder(bufferOf(folder));
    return { kind: 'copied', copy, known: { state: expected, copy: nameOfBytes(copy) } };
  });
}

async function freeName(folder: BytePath, name: BytePath, timeUs: number): Promise<BytePath> {
  for (let number = 1; ; number += 1) {
    const copy = joinBytes(folder, copyName(timeUs, name, number));
    const isTaken = await lstat(bufferOf(copy)).catch((error: unknown) => {
      if (systemCodeOf(error) === 'ENOENT') return null;
      throw error;
    });
    if (isTaken === null) return copy;
  }
}

const pieceBytes = 256 * 1024;

/** Does the open file hold what the other one holds? */
async function holdsSame(source: FileHandle, other: string | Buffer): Promise<boolean> {
  const handle = await open(other, 'r');
  try {
    const [mine, theirs] = [Buffer.alloc(pieceBytes), Buffer.alloc(pieceBytes)];
    for (let position = 0; ; ) {
      const { bytesRead } = await source.read(mine, 0, pieceBytes, position);
      const { bytesRead: alsoRead } = await handle.read(theirs, 0, pieceBytes, position);
      if (bytesRead !== alsoRead || mine.compare(theirs, 0, alsoRead, 0, bytesRead) !== 0) return false;
      if (bytesRead === 0) return true;
      position += bytesRead;
    }
  } finally {
    await handle.close();
  }
}
