/**
 * What the filesystems of other systems cannot hold. Those of Linux hold everything that rsync copies, and are not
 * mentioned here.
 */

import { isUtf8 } from 'node:buffer';

/** Filesystems by the names that people know them by. */
export type ForeignFilesystem = 'FAT' | 'exFAT' | 'NTFS';

export interface Limits {
  name: ForeignFilesystem;
  /** rsync's options for what can be kept on it. */
  contentOptions: readonly string[];
  /** In bytes. */
  largestFile: number;
  /** Are `Readme` and `README` one file? */
  ignoresCase: boolean;
  /** Has its root folder a time of its own? Else rsync finds it changed each time. */
  rootHasTime: boolean;
  /** Do holes of sparse files stay holes, whichever driver mounts it? */
  keepsHoles: boolean;
  /** Can no file or folder have this path, or one of the folders in it? The path's bytes, as the source has them. */
  refusesPath(path: Buffer): boolean;
}

const plainOptions = ['-rt', '--modify-window=2'];

const fat: Limits = {
  name: 'FAT',
  contentOptions: plainOptions,
  largestFile: 2 ** 32 - 1,
  ignoresCase: true,
  rootHasTime: false,
  keepsHoles: false,
  refusesPath: refusedByFat,
};

const exfat: Limits = { ...fat, name: 'exFAT', largestFile: Number.MAX_SAFE_INTEGER };

const ntfs: Limits = {
  name: 'NTFS',
  // Owners and rights would need a list of Windows' own users, and each driver keeps them in another way.
  contentOptions: ['-rltH'],
  largestFile: Number.MAX_SAFE_INTEGER,
  ignoresCase: false,
  rootHasTime: true,
  // ntfs-3g does, the kernel's driver does not.
  keepsHoles: false,
  refusesPath: (path) => !isUtf8(path),
};

const limits: { readonly [fsType: string]: Limits } = { vfat: fat, msdos: fat, exfat, ntfs, ntfs3: ntfs };

/** What a filesystem cannot hold, by blkid's word for it; null for those of Linux. */
export function limitsOf(fsType: string | null): Limits | null {
  // The type comes off a disk: a filesystem called `toString` must find nothing.
  return fsType !== null && Object.hasOwn(limits, fsType) ? (limits[fsType] ?? null) : null;
}

/** Characters that have a meaning to Windows; and a dot or blank at the end of a name, which gets lost on the way. */
function refusedByFat(path: Buffer): boolean {
  return !isUtf8(path) || /[\u0000-\u001f"*:<>?\\|]|[. ](?:\/|$)/.test(path.toString('utf8'));
}
