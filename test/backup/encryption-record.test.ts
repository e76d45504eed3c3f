/** A plain disk with the UUID of an encrypted one is not filled. */

import { existsSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  encryptionRecord,
  rememberEncryption,
  verifyEncryption,
} from '../../src/backup/encryption-record.ts';
import { PlugbackError } from '../../src/errors.ts';
import { useFolder } from '../folder.ts';
import { sampleDisk } from './samples.ts';

const folder = useFolder();
const encrypted = { ...sampleDisk, fsType: 'crypto_LUKS' };
const paths = () => ({ sourceRecord: folder('state/source.json') });

test('a disk that was encrypted is refused when it no longer is, until its record is deleted', () => {
  verifyEncryption(paths(), sampleDisk);
  rememberEncryption(paths(), encrypted);
  verifyEncryption(paths(), encrypted);
  const plain = { ...sampleDisk, uuid: sampleDisk.uuid.toUpperCase() };
  const record = encryptionRecord(paths(), sampleDisk.uuid);
  expect(() => verifyEncryption(paths(), plain)).toThrow(
    new PlugbackError('not-encrypted-any-more', { device: '/dev/sdb1', path: record }),
  );
  verifyEncryption(paths(), { ...sampleDisk, uuid: 'ab12-34cd' });
  rmSync(record);
  verifyEncryption(paths(), plain);
});

test('a plain disk is not remembered', () => {
  rememberEncryption(paths(), sampleDisk);
  expect(existsSync(encryptionRecord(paths(), sampleDisk.uuid))).toBe(false);
});
