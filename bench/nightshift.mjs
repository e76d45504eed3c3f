/** The night watch: one look at 250 computers of which one is on, and what it costs to watch. */

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const computers = 250;
const looks = 7;

/**
 * @param cli the program
 * @param home an empty folder
 * @returns what was measured: the looks in ms; of the watch its memory in MB, and what it takes of a processor in percent
 *   from one look to the next, with the pings
 */
export async function measureNightshift(cli, home) {
  const office = openOffice();
  try {
    const inNas = (...argv) => ['ip', ['netns', 'exec', office.nas, 'node', cli, 'nightshift', ...argv]];
    const many = writeConfig(path.join(home, 'many'), computers);
    const looksMs = Array.from({ length: looks }, () => {
      const text = execFileSync(...inNas('--dry-run', '--json', '--config', many), { encoding: 'utf8' });
      const { online, lookMs } = JSON.parse(text);
      if (online.join() !== 'pc0') throw new Error(`online should be pc0, but is ${online}`);
      return lookMs;
    });
    return { looksMs, ...(await measureWatch(inNas, path.join(home, 'few'))) };
  } finally {
    office.close();
  }
}

/** An office of five, one of whom is at work; mails are set up, whose parts are loaded from the beginning. */
async function measureWatch(inNas, folder) {
  const config = writeConfig(folder, 5);
  const state = path.join(folder, 'state/nightshift.json');
  const lookedAt = () => (existsSync(state) ? (JSON.parse(readFileSync(state, 'utf8')).lookedAt ?? 0) : 0);
  const nextLook = async () => {
    const before = lookedAt();
    while (lookedAt() === before) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const watch = spawn(...inNas('--config', config), { stdio: 'ignore' });
  const ended = new Promise((resolve) => watch.once('close', resolve));
  process.on('exit', () => watch.kill('SIGKILL'));
  try {
    // The first look, and what the start itself leaves to tidy up.
    await nextLook();
    await nextLook();
    const [from, before] = [performance.now(), processorSeconds(watch.pid)];
    await nextLook();
    await nextLook();
    const seconds = (performance.now() - from) / 1000;
    const idlePercent = ((processorSeconds(watch.pid) - before) / seconds) * 100;
    const status = readFileSync(`/proc/${watch.pid}/status`, 'utf8');
    const watchMb = (Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024) / 1e6;
    return { watchMb, idlePercent };
  } finally {
    watch.kill();
    await ended;
  }
}

function writeConfig(folder, count) {
  mkdirSync(folder);
  const file = path.join(folder, 'config.ini');
  const sections = Array.from(
    { length: count },
    (_, index) => `[COMPUTER pc${index}]\nip = 10.77.1.${index + 2}\n`,
  );
  const lines = [
    `[GENERAL]\nstate-directory = ${folder}/state\nruntime-directory = ${folder}/run`,
    '[MAIL]\nserver = 127.0.0.1\nto-mail-addresses-sysop = office@example.com',
    `[NIGHTSHIFT]\nnightshift-log-file-path = ${folder}/nightshift.log`,
    '[JOB documents]\nkind = command\ncommand = /bin/true',
    ...sections,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** A NAS and one computer, each in a network namespace, with a wire between them. */
function openOffice() {
  const [nas, pc] = ['nas', 'pc'].map((name) => `plugback-bench-${process.pid}-${name}`);
  const ip = (...argv) => execFileSync('ip', argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  ip('netns', 'add', nas);
  ip('netns', 'add', pc);
  ip('link', 'add', 'eth0', 'netns', nas, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pc);
  for (const [name, address] of [
    [nas, '10.77.1.1/24'],
    [pc, '10.77.1.2/24'],
  ]) {
    ip('-n', name, 'address', 'add', address, 'dev', 'eth0');
    for (const card of ['lo', 'eth0']) ip('-n', name, 'link', 'set', card, 'up');
  }
  const close = () => {
    for (const name of [nas, pc]) ip('netns', 'del', name);
  };
  return { nas, close };
}

/** User and system time, its own and that of the pings it has waited for (proc(5)), in ticks of a hundredth of a second. */
function processorSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) / 100;
}
