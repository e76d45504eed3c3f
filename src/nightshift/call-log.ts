/** With `debug = yes` the log holds every call with its arguments. */

import { printable } from '../messages/printable.ts';
import type { Runner } from '../system/run.ts';
import { typedLine } from '../system/typed.ts';
import type { Ports } from './ports.ts';

/** These are asked every second, or log by themselves. */
const silent: readonly string[] = ['takeCancel', 'takeRequest', 'untilNextLook', 'save', 'voice', 'clock'];

/** The same ports; each call is told with its arguments, computers and jobs by their names. */
export function withCallLog(ports: Ports, tell: (text: string) => void): Ports {
  const wrapped = Object.entries(ports).map(([name, port]: [string, unknown]) => {
    if (silent.includes(name) || typeof port !== 'function') return [name, port];
    const told = (...args: unknown[]): unknown => {
      tell(`${name}(${args.map(shown).join(', ')})`);
      return port(...args);
    };
    return [name, told];
  });
  return Object.fromEntries(wrapped) as Ports;
}

/** The same runner; each program is told with its arguments. */
export function withProgramLog(runner: Runner, tell: (text: string) => void): Runner {
  return {
    isRoot: runner.isRoot,
    run: (argv, options) => {
      tell(printable(typedLine(argv)));
      return runner.run(argv, options);
    },
  };
}

function shown(value: unknown): string {
  if (typeof value === 'function' || value instanceof AbortSignal) return '…';
  const { name, night } = (value ?? {}) as { name?: unknown; night?: unknown };
  if (typeof name === 'string') return name;
  return typeof night === 'string' ? night : JSON.stringify(value);
}
