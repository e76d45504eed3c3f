/** Extended attributes, access control lists among them: getfattr and setfattr, in batches. */

import { type Argv, runOnBytes, runPipeline } from './run.ts';

/** Takes names from standard input, a NUL after each, and starts the program with as many as fit. */
function inBatches(...argv: Argv): Argv {
  return ['xargs', '--null', '--no-run-if-empty', '--', ...argv];
}

/** The arguments that list all attributes of what standard input names; of a link its own. */
export function listAttributesArgv(): Argv {
  return inBatches(
    'getfattr',
    '--no-dereference',
    '--dump',
    '--match=-',
    '--encoding=hex',
    '--absolute-names',
    '--',
  );
}

/** The arguments that set what `listAttributesArgv` listed. */
export function restoreAttributesArgv(): Argv {
  return ['setfattr', '--no-dereference', '--restore=-'];
}

/** The arguments that take an attribute from what standard input names. */
export function removeAttributeArgv(attribute: string): Argv {
  return inBatches('setfattr', '--no-dereference', `--remove=${attribute}`, '--');
}

/** Of each file that has any: its attributes by name, values as getfattr writes them. Names are bytes as latin1. */
export type AttributeLists = Map<string, Map<string, string>>;

/** Parses getfattr's dump: `# file: name`, `user.x=0x31`, an empty line. */
export function parseAttributes(dump: string): AttributeLists {
  const lists: AttributeLists = new Map();
  let current: Map<string, string> | null = null;
  for (const line of dump.split('\n')) {
    if (line.startsWith('# file: ')) {
      current = new Map();
      lists.set(unescapeName(line.slice('# file: '.length)), current);
    } else if (line !== '' && current !== null) {
      const equals = line.indexOf('=');
      const name = equals < 0 ? line : line.slice(0, equals);
      current.set(name, equals < 0 ? '' : line.slice(equals + 1));
    }
  }
  return lists;
}

/** getfattr writes line breaks and backslashes in octal, and in an attribute's name the equals sign and more. */
function unescapeName(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/**
 * The attributes of entries of a folder.
 *
 * @param names relative to the folder, a NUL after each
 * @throws PlugbackError `program-missing`
 */
export async function readAttributes(folder: string, names: Uint8Array): Promise<AttributeLists> {
  const { stdout } = await runOnBytes({ argv: listAttributesArgv(), cwd: folder }, names);
  return parseAttributes(stdout.toString('latin1'));
}

/** Which of the entries differ in their attributes, and which attributes the replica has that the source has not. */
export function compareAttributes(
  source: AttributeLists,
  replica: AttributeLists,
): { different: string[]; surplus: Map<string, string[]> } {
  const different: string[] = [];
  const surplus = new Map<string, string[]>();
  for (const name of new Set([...source.keys(), ...replica.keys()])) {
    const [has, had] = [source.get(name), replica.get(name)];
    const tooMany = [...(had?.keys() ?? [])].filter((attribute) => !has?.has(attribute));
    const isLacking = [...(has ?? [])].some(([attribute, value]) => had?.get(attribute) !== value);
    if (tooMany.length > 0 || isLacking) different.push(name);
    for (const attribute of tooMany) surplus.set(attribute, [...(surplus.get(attribute) ?? []), name]);
  }
  return { different, surplus };
}

/** Takes attributes away, each from those names. */
export async function removeAttributes(
  folder: string,
  surplus: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  for (const [attribute, names] of surplus) {
    // An argument is text; getfattr's lists are read as bytes.
    const name = Buffer.from(unescapeName(attribute), 'latin1').toString('utf8');
    await runOnBytes({ argv: removeAttributeArgv(name), cwd: folder }, nameList(names));
  }
}

/** Gives entries of one folder the attributes of those of another. */
export async function copyAttributes(from: string, to: string, names: Uint8Array): Promise<void> {
  await runPipeline(
    { argv: listAttributesArgv(), cwd: from },
    { argv: restoreAttributesArgv(), cwd: to },
    names,
  );
}

/** Names (bytes as latin1) as programs read them: a NUL after each. */
export function nameList(names: readonly string[]): Uint8Array {
  return Buffer.from(names.length === 0 ? '' : `${names.join('\0')}\0`, 'latin1');
}
