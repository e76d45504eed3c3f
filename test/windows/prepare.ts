/** Runs once before the tests: makes the program, and a Windows for it out of wine. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { run } from '../container/machine.ts';
import { isInstalled } from '../disk/command.ts';
import { wineEnvironment } from './machine.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** What this machine lacks to run programs of Windows; '' when nothing. */
    lackingForWindows: string;
    /** The folder with the program, as `npm run package:exe` makes it, and the zip beside it. */
    packed: string;
    /** Node for Windows, as it is inside the program. */
    windowsNode: string;
    /** The folder of the Windows machine that wine makes; '' where something is lacking. */
    winePrefix: string;
  }
}

const packaging = fileURLToPath(new URL('../../packaging', import.meta.url));

function findLacking(): string {
  if (process.arch !== 'x64') return 'needs a PC (x86-64)';
  return isInstalled('wine') ? '' : 'needs wine: apt-get install --no-install-recommends wine';
}

export default function prepare(project: TestProject): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'plugback-windows-'));
  const lacking = findLacking();
  const prefix = path.join(folder, 'wine');
  run(process.execPath, path.join(packaging, 'exe.mjs'), path.join(folder, 'packed'));
  if (lacking === '') {
    wine(prefix, 'wineboot', '--init');
    wine(prefix, 'reg', 'add', 'HKCU\\Software\\Wine', '/v', 'Version', '/d', 'win10', '/f');
  }
  project.provide('lackingForWindows', lacking);
  project.provide('packed', path.join(folder, 'packed'));
  project.provide('windowsNode', run(process.execPath, path.join(packaging, 'windows-node.mjs')).trim());
  project.provide('winePrefix', lacking === '' ? prefix : '');
  return () => {
    if (lacking === '') {
      const env = wineEnvironment(prefix);
      spawnSync('wineserver', ['--kill'], { env });
      spawnSync('wineserver', ['--wait'], { env });
    }
    rmSync(folder, { recursive: true, force: true });
  };
}

function wine(prefix: string, ...words: string[]): void {
  const { status, error, stderr } = spawnSync('wine', words, {
    env: wineEnvironment(prefix),
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 120_000,
  });
  if (status !== 0)
    throw new Error(`wine ${words.join(' ')}: ${error?.message ?? `code ${status} ${stderr}`}`);
}
