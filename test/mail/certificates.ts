/** Certificates made for a test run: an office's own authority, and what it has signed. */

import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface KeyAndCertificate {
  key: string;
  cert: string;
}

export interface Office {
  /** The authority's certificate, as a file and as text. */
  authorityFile: string;
  /** For localhost and 127.0.0.1, valid. */
  server: KeyAndCertificate;
  /** For another name. */
  otherName: KeyAndCertificate;
  /** For localhost, but its time is over. */
  expired: KeyAndCertificate;
}

/** Makes an authority and three certificates in a folder, with the openssl program. */
export async function makeOffice(folder: string): Promise<Office> {
  const inFolder = (name: string): string => path.join(folder, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await run('openssl', [
    'req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=Office authority',
    '-keyout', inFolder('ca.key'), '-out', inFolder('ca.pem'),
  ]); // biome-ignore format: an option and its value belong on one line
  const sign = async (name: string, alternatives: string, days: string): Promise<KeyAndCertificate> => {
    await run('openssl', [
      'req', ...newKey, '-subj', `/CN=${name}`, '-keyout', inFolder(`${name}.key`), '-out', inFolder(`${name}.csr`),
    ]); // biome-ignore format: an option and its value belong on one line
    await writeFile(inFolder(`${name}.ext`), `subjectAltName=${alternatives}\n`);
    await run('openssl', [
      'x509', '-req', '-in', inFolder(`${name}.csr`), '-CA', inFolder('ca.pem'), '-CAkey', inFolder('ca.key'),
      '-CAcreateserial', '-days', days, '-extfile', inFolder(`${name}.ext`), '-out', inFolder(`${name}.pem`),
    ]); // biome-ignore format: an option and its value belong on one line
    const [key, cert] = await Promise.all(
      ['key', 'pem'].map((ending) => readFile(inFolder(`${name}.${ending}`), 'utf8')),
    );
    return { key: key ?? '', cert: cert ?? '' };
  };
  return {
    authorityFile: inFolder('ca.pem'),
    server: await sign('mail.office', 'DNS:localhost,IP:127.0.0.1', '2'),
    otherName: await sign('elsewhere', 'DNS:elsewhere.example', '2'),
    expired: await sign('expired', 'DNS:localhost,IP:127.0.0.1', '-1'),
  };
}
