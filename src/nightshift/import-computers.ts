/** Reads the Computers.txt of the older NightShift, and writes it as sections of a configuration. Pure. */

import { isOfOneComputer, plainAddress } from '../config/address.ts';
import { isCard } from '../config/nightshift.ts';
import { isName, macAddress } from '../config/parsers.ts';
import { type Sentence, sentence } from '../messages/translator.ts';

export interface ImportedComputer {
  name: string;
  macs: readonly string[];
  ips: readonly string[];
  user: string | null;
  interface: string | null;
  timeSource: boolean;
}

export interface Import {
  computers: ImportedComputer[];
  /** Computers that could not be read, with their lines. */
  problems: Sentence[];
  /** What was left out of the others. */
  notes: Sentence[];
}

type Column = 'mac' | 'ip' | 'user' | 'server' | 'timesrc' | 'name';

/** The columns as they stand where no heading names them. */
const usualColumns: readonly Column[] = ['mac', 'ip', 'user', 'server', 'timesrc'];

/** Other words for the columns, in headings. */
const headings: { readonly [word: string]: Column } = {
  mac: 'mac',
  'mac-address': 'mac',
  macs: 'mac',
  ip: 'ip',
  ips: 'ip',
  'ip-address': 'ip',
  user: 'user',
  username: 'user',
  server: 'server',
  interface: 'server',
  timesrc: 'timesrc',
  timesource: 'timesrc',
  'time-source': 'timesrc',
  name: 'name',
  computer: 'name',
  host: 'name',
};

const trueWords = ['1', 'true', 'yes', 'y', 'x', 'ja', 'on'];

/**
 * @param text tab-separated: MAC, IP, User, Server, Timesrc; a first line may name the columns, `#` begins a comment.
 *   Server is the address of this machine's card in the computer's net.
 */
export function readComputers(text: string): Import {
  const computers: ImportedComputer[] = [];
  const problems: Sentence[] = [];
  const notes: Sentence[] = [];
  let columns = usualColumns;
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue;
    const cells = line.split('\t').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    const named = cells.map((cell) =>
      Object.hasOwn(headings, cell.toLowerCase()) ? (headings[cell.toLowerCase()] ?? null) : null,
    );
    if (computers.length + problems.length === 0 && named.filter((column) => column !== null).length >= 2) {
      columns = named.map((column) => column ?? 'name');
      continue;
    }
    const value = (column: Column) => cells[columns.indexOf(column)] ?? '';
    const macs = list(value('mac')).map((text) => {
      const mac = macAddress(text);
      return mac !== null && isCard(mac) ? mac : null;
    });
    const ips = list(value('ip')).map((text) => {
      const ip = plainAddress(text);
      return ip !== null && isOfOneComputer(ip) ? ip : null;
    });
    const where = { line: index + 1 };
    if (!areAll(ips) || ips.length === 0) {
      problems.push(
        sentence('nightshift.import.no-ip', { ...where, value: (value('ip') || line.trim()).slice(0, 80) }),
      );
      continue;
    }
    if (!areAll(macs)) {
      problems.push(sentence('nightshift.import.no-mac', { ...where, value: value('mac').slice(0, 80) }));
      continue;
    }
    const server = value('server');
    const user = /^[A-Za-z_][A-Za-z0-9._\\-]{0,62}$/.test(value('user')) ? value('user') : null;
    const card = plainAddress(server);
    if (user === null && value('user') !== '')
      notes.push(sentence('nightshift.import.no-user', { ...where, value: value('user').slice(0, 80) }));
    if (card === null && server !== '')
      notes.push(sentence('nightshift.import.no-server', { ...where, value: server.slice(0, 80) }));
    computers.push({
      name: uniqueName(value('name') || value('user') || ips[0] || '', ips[0] ?? '', computers),
      macs,
      ips,
      user,
      interface: card,
      timeSource: trueWords.includes(value('timesrc').toLowerCase()),
    });
  }
  return { computers, problems, notes };
}

/** The sections, to be put into config.ini. */
export function renderSections(computers: readonly ImportedComputer[]): string {
  return computers
    .map(({ name, macs, ips, user, interface: card, timeSource }) => {
      const lines = [
        `[COMPUTER ${name}]`,
        ...(macs.length === 0 ? [] : [`mac = ${macs.join(', ')}`]),
        `ip = ${ips.join(', ')}`,
        ...(user === null ? [] : [`user = ${user.replaceAll('%', '%%')}`]),
        ...(card === null ? [] : [`interface = ${card}`]),
        ...(timeSource ? ['time-source = yes'] : []),
      ];
      return `${lines.join('\n')}\n`;
    })
    .join('\n');
}

function areAll<T>(values: readonly (T | null)[]): values is readonly T[] {
  return !values.includes(null);
}

function list(text: string): string[] {
  return text.split(/[\s,;]+/).filter((item) => item !== '');
}

/** Users sit at one computer each; where one has two, or the word is no name, the address is its name. */
function uniqueName(wanted: string, ip: string, others: readonly ImportedComputer[]): string {
  const isTaken = (name: string) => others.some((other) => other.name.toLowerCase() === name.toLowerCase());
  const name = wanted.replace(/^.*\\/, '');
  if (isName(name) && !isTaken(name)) return name;
  return `PC ${ip.replaceAll(':', '-')}`.replace(/-+$/, '');
}
