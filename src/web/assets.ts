/** Style, script and symbol of the page: read once, served from memory, and nothing else of that folder. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface Asset {
  contentType: string;
  content: Buffer;
  /** Changes with the content, so that a browser keeps what is still the same. */
  etag: string;
}

const contentTypes: { readonly [ending: string]: string } = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The assets of a folder, by their names. A folder that is not there has none: the page works without. */
export function readAssets(directory: string): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const name of namesIn(directory)) {
    const contentType = contentTypes[path.extname(name)];
    if (contentType === undefined) continue;
    const content = readFileSync(path.join(directory, name));
    const etag = `"${createHash('sha256').update(content).digest('base64url')}"`;
    assets.set(name, { contentType, content, etag });
  }
  return assets;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
