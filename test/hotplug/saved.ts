/** The machine that each scenario begins with: the guest with the package installed, running, saved to a file. */

import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { kept } from '../debian.ts';
import { command } from '../disk/command.ts';
import { Package } from '../package.ts';
import { Guest } from './guest.ts';
import { type Image, makeImage } from './image.ts';
import { buildOffice } from './office.ts';

export interface SavedMachine {
  image: Image;
  /** A root disk with the machine in it; to be copied, because a scenario writes to it. */
  disk: string;
  /** What it is saved under in there. */
  name: string;
}

const name = 'ready';
const folderPrefix = 'plugback-hotplug-work-';

/** A new folder for one guest and its disks. Those whose test process is gone are removed. */
export function makeWorkFolder(): string {
  for (const entry of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${folderPrefix}(\\d+)-`).exec(entry)?.[1];
    if (pid !== undefined && statSync(`/proc/${pid}`, { throwIfNoEntry: false }) === undefined) {
      rmSync(path.join(tmpdir(), entry), { recursive: true, force: true });
    }
  }
  return mkdtempSync(path.join(tmpdir(), `${folderPrefix}${process.pid}-`));
}

/** Makes the machine, or finds the one that was made earlier of the same image and the same package. */
export async function savedMachine(): Promise<SavedMachine> {
  const image = await makeImage();
  const work = makeWorkFolder();
  const built = new Package();
  try {
    const deb = built.file;
    const contents = createHash('sha256').update(readFileSync(deb)).digest('hex');
    const recipe = ['saved.ts', 'guest.ts', 'office.ts'].map((file) =>
      readFileSync(new URL(file, import.meta.url), 'utf8'),
    );
    const folder = await kept('hotplug-saved', [image.root, contents, recipe], async (half) => {
      console.log('starting the guest and installing the package (once, about a minute) …');
      await saveNew(image, deb, path.join(half, 'disk.qcow2'), work);
    });
    return { image, disk: path.join(folder, 'disk.qcow2'), name };
  } finally {
    built.remove();
    rmSync(work, { recursive: true, force: true });
  }
}

async function saveNew(image: Image, deb: string, disk: string, work: string): Promise<void> {
  await command('qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', image.root, disk);
  const guest = new Guest(image, disk, work);
  try {
    const startedAt = performance.now();
    await guest.powerOn();
    await guest.until('the machine to be up', async () => {
      const { stdout } = await guest.attempt('systemctl', 'is-system-running');
      return /running|degraded/.test(stdout);
    });
    console.log(`booted in ${Math.round((performance.now() - startedAt) / 100) / 10} s`);
    await guest.write(`/root/${path.basename(deb)}`, readFileSync(deb));
    await guest.run('apt-get', 'install', '--yes', '--quiet', `/root/${path.basename(deb)}`);
    await buildOffice(guest, work);
    await guest.until('the page to end, because nothing is filled in yet', async () => {
      const { stdout } = await guest.attempt('systemctl', 'is-active', 'plugback-web.service');
      return /^(inactive|failed)/.test(stdout);
    });
    // Read once from the root disk, Node is there at once afterwards.
    await guest.run('plugback', 'disks');
    await guest.run('sync');
    await guest.saveAndQuit(name);
  } catch (error) {
    console.error(guest.lastWords());
    throw error;
  } finally {
    await guest.cutPower();
  }
}
