/** `plugback serve` as a process, as people and units start it. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants, getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freshState, nightshiftPaths, writeNightshift } from '../../src/status/nightshift.ts';
import { uuid } from '../backup/samples.ts';
import { waitFor } from '../disk/command.ts';
import { useFolder } from '../folder.ts';

const folder = useFolder();
const program = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

function configure(web: readonly string[], general: readonly string[] = []): void {
  mkdirSync(folder('source'));
  const lines = [
    '[BACKUP]',
    `filesystem-ids-and-notification-mail-addresses = ${uuid}`,
    `backup-source = ${folder('source')}/`,
    `log-file-path = ${folder('plugback.log')}`,
    `rsync-log-file-path = ${folder('rsync.log')}`,
    '[WEBSERVER]',
    ...web,
    '[GENERAL]',
    `state-directory = ${folder('state')}`,
    `runtime-directory = ${folder('run')}`,
    ...general,
  ];
  writeFileSync(folder('config.ini'), `${lines.join('\n')}\n`);
}

function serve(...args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [program, 'serve', ...args], {
    cwd: folder(),
    env: { PATH: process.env.PATH, HOME: folder(), LANG: 'C.UTF-8' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  child.stdout?.on('data', (piece) => {
    said.stdout += piece;
  });
  child.stderr?.on('data', (piece) => {
    said.stderr += piece;
  });
  const ended = once(child, 'close').then(([exitCode]) => exitCode as number | null);
  const address = () => waitFor('the address', () => /http:\/\/\S+\//.exec(said.stdout)?.[0]);
  return { child, said, ended, address };
}

/** A machine that fills no disk. */
function configureWatch(web: readonly string[]): void {
  const general = [
    '[GENERAL]',
    `state-directory = ${folder('state')}`,
    `runtime-directory = ${folder('run')}`,
  ];
  const job = ['[NIGHTSHIFT]', '[JOB a]', 'kind = command', 'command = /bin/true'];
  writeFileSync(folder('config.ini'), `${[...general, '[WEBSERVER]', ...web, ...job].join('\n')}\n`);
}

describe('plugback serve', () => {
  test('shows the night watch of a machine that fills no disk', async () => {
    configureWatch(['webport = 0']);
    const paths = nightshiftPaths({ stateDirectory: folder('state'), runtimeDirectory: folder('run') });
    mkdirSync(folder('state'));
    writeNightshift(paths.state, freshState());
    const page = await fetch(await serve('--language', 'en').address());
    expect(await page.text()).toContain('<h2>Nightshift</h2>');
  });

  test('a mistake in what the page needs is told there, and nothing of what a disk would need', async () => {
    configureWatch(['webport = 99999999']);
    const { said, ended } = serve();
    expect(await ended).toBe(78);
    expect(said.stderr).toContain('has 1 mistake:');
    expect(said.stderr).toContain('WEBSERVER.webport');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'says where the page is, and %s ends it cleanly',
    async (signal) => {
      configure(['webport = 0']);
      const { child, said, ended, address } = serve();
      const where = await address();
      const page = await fetch(where, { headers: { 'accept-language': 'de' } });
      expect(await page.text()).toContain('<html lang="de">');
      for (const asset of ['page.css', 'page.js', 'favicon.svg']) {
        expect((await fetch(`${where}assets/${asset}`)).status).toBe(200);
      }
      const stream = await fetch(`${where}api/events`);
      child.kill(signal);
      expect(await ended).toBe(0);
      await stream.text();
      expect(said).toEqual({ stdout: `The status page: ${where}\n`, stderr: '' });
    },
  );

  test('a copy goes first', async () => {
    configure(['webport = 0']);
    const { child, address } = serve();
    await address();
    expect(getPriority(child.pid)).toBe(constants.priority.PRIORITY_BELOW_NORMAL);
  });

  test('the configured language counts more than the browser’s', async () => {
    configure(['webport = 0'], ['language = en']);
    const page = await fetch(await serve().address(), { headers: { 'accept-language': 'de' } });
    expect(await page.text()).toContain('<html lang="en">');
  });

  test('a configured language that is left open leaves it to the browser', async () => {
    configure(['webport = 0'], ['language =']);
    const page = await fetch(await serve().address(), { headers: { 'accept-language': 'de' } });
    expect(await page.text()).toContain('<html lang="de">');
  });

  test('a disk that is enrolled while it serves is on the page', async () => {
    configure(['webport = 0']);
    const where = await serve().address();
    const text = await (await fetch(where)).text();
    expect(text).toContain(uuid);
    expect(text).not.toContain('7d3f-19ac');
    const config = readFileSync(folder('config.ini'), 'utf8');
    writeFileSync(folder('config.ini'), config.replace(uuid, `${uuid}, 7d3f-19ac`));
    expect(await (await fetch(where)).text()).toContain('7d3f-19ac');
  });

  test('with --json the address is JSON', async () => {
    configure(['webport = 0']);
    const { said, address } = serve('--json');
    await address();
    expect(JSON.parse(said.stdout)).toEqual({
      address: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/$/),
    });
  });

  test('a port in use is told with what to do', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    configure([`webport = ${port}`]);
    const { said, ended } = serve();
    expect(await ended).toBe(78);
    expect(said.stderr).toMatch(
      /^The page cannot be served: something else already listens on .*webport.*\n$/,
    );
  });

  test('an address of another machine is told with what to do', async () => {
    configure(['webhost = 192.0.2.25', 'webport = 0']);
    const { said, ended } = serve();
    expect(await ended).toBe(78);
    expect(said.stderr).toContain('(this machine does not have that address). Set webhost');
  });

  test('a token file that is missing is told; the page is there without its button', async () => {
    configure(['webport = 0', `token-file = ${folder('token')}`]);
    const { said, address } = serve();
    expect(await (await fetch(await address())).text()).not.toContain('start-form');
    expect(said.stderr).toContain(`${folder('token')} cannot be used (it does not exist)`);
  });

  const start = (where: string, disk: string) =>
    fetch(`${where}copy`, {
      method: 'POST',
      headers: { authorization: 'Bearer open-sesame', 'content-type': 'application/json' },
      body: JSON.stringify({ uuid: disk }),
    });

  test('for a disk that is not plugged in nothing is started', async () => {
    writeFileSync(folder('token'), 'open-sesame\n');
    configure(['webport = 0', `token-file = ${folder('token')}`]);
    const answer = await start(await serve().address(), uuid);
    expect(answer.status).toBe(409);
    expect(await answer.json()).toEqual({ message: 'This disk is not plugged in. Plug it in first.' });
  });
});
