/** The Debian package, for the machines that install it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './container/machine.ts';

const packer = fileURLToPath(new URL('../packaging/deb.mjs', import.meta.url));

/** The Debian package, made on first use, until the tests of a file are over. */
export class Package {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'plugback-package-'));
  private made: string | null = null;

  get file(): string {
    this.made ??= run(process.execPath, packer, this.folder).trim();
    return this.made;
  }

  /** The next version: all its parts have other names, as after any change, and dpkg takes the old ones away. */
  next(version: string): string {
    const tree = path.join(this.folder, 'next');
    const file = path.join(this.folder, 'next.deb');
    const script = `
      cd "$1/usr/lib/plugback"
      for part in chunks/*.js; do mv "$part" "\${part%.js}N.js"; done
      sed -i -E 's/-([A-Z0-9]{8})\\.js/-\\1N.js/g' cli.js chunks/*.js
      sed -i "s/^Version: .*/Version: $2/" "$1/DEBIAN/control"`;
    run('dpkg-deb', '--raw-extract', this.file, tree);
    run('sh', '-e', '-c', script, 'sh', tree, version);
    run('dpkg-deb', '--root-owner-group', '-Zgzip', '--build', tree, file);
    return file;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
