/** Tables and paragraphs that fit a terminal. Pure: text in, lines out. */

export interface Column {
  title: string;
  align?: 'left' | 'right';
  /** Where the room is short, its cells are cut down to this many columns; without it never. */
  cutTo?: number;
  /** Where the room is short, its cells move to the beginning of the notes. */
  isExtra?: boolean;
}

export interface Row {
  /** One for each column. */
  cells: readonly string[];
  /** What else there is to say: a last column where the room is, else lines below the row. */
  note?: string;
}

export interface TableOptions {
  /** Columns of the terminal; null where nobody looks at one: then nothing is cut or broken. */
  width: number | null;
  /** The title above the notes, where they are a column. */
  noteTitle?: string;
  /** Makes the titles stand out. */
  styleTitle?: (text: string) => string;
}

const gap = '  ';
/** A note below its row, and the values of a row that is a list, stand in by this much. */
const indent = '    ';

/**
 * A table with a line of titles. Too wide for the terminal, its notes go below the rows, then the extra columns as well,
 * then cells are cut that may be; where that is not enough, each row becomes a list of its own.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly Row[],
  options: TableOptions,
): string[] {
  const { width } = options;
  const hasNotes = rows.some((row) => row.note !== undefined);
  if (hasNotes) {
    const wide = [...columns, { title: options.noteTitle ?? '' }];
    const wideRows = rows.map((row) => ({ cells: [...row.cells, row.note ?? ''] }));
    if (width === null || sum(naturalWidths(wide, wideRows)) <= width) return grid(wide, wideRows, options);
  }
  const natural = naturalWidths(columns, rows);
  if (width === null || sum(natural) <= width) return grid(columns, rows, options, natural);
  const lean = withoutExtras(columns, rows);
  const widths = squeeze(naturalWidths(lean.columns, lean.rows), lean.columns, width);
  return widths === null ? lists(columns, rows, options) : grid(lean.columns, lean.rows, options, widths);
}

function withoutExtras(columns: readonly Column[], rows: readonly Row[]): { columns: Column[]; rows: Row[] } {
  const isKept = (_: unknown, index: number) => columns[index]?.isExtra !== true;
  return {
    columns: columns.filter(isKept),
    rows: rows.map(({ cells, note }) => {
      const extras = cells.flatMap((cell, index) =>
        isKept(cell, index) || isEmpty(cell) ? [] : [`${columns[index]?.title}: ${cell}`],
      );
      const notes = [...extras, note ?? ''].filter((text) => text !== '');
      return { cells: cells.filter(isKept), ...(notes.length > 0 ? { note: notes.join('; ') } : {}) };
    }),
  };
}

function naturalWidths(columns: readonly Column[], rows: readonly Row[]): number[] {
  return columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(row.cells[index] ?? ''))),
  );
}

/** What the columns take side by side. */
function sum(widths: readonly number[]): number {
  return widths.reduce((total, width) => total + width, gap.length * (widths.length - 1));
}

/** Takes from the widest column that may be cut, until all fit; null when they cannot. */
function squeeze(natural: readonly number[], columns: readonly Column[], width: number): number[] | null {
  const widths = [...natural];
  while (sum(widths) > width) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const least = Math.max(column.cutTo ?? Number.POSITIVE_INFINITY, displayWidth(column.title));
      if ((widths[index] ?? 0) > least && (widths[index] ?? 0) > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) return null;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function grid(
  columns: readonly Column[],
  rows: readonly Row[],
  options: TableOptions,
  widths: readonly number[] = naturalWidths(columns, rows),
): string[] {
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => {
        const width = widths[index] ?? 0;
        return pad(cut(cell, width), width, columns[index]?.align ?? 'left');
      })
      .join(gap)
      .trimEnd();
  const style = options.styleTitle ?? ((text) => text);
  const body = rows.flatMap((row) => [line(row.cells), ...noteLines(row, options)]);
  return [style(line(columns.map((column) => column.title))), ...body];
}

function isEmpty(cell: string): boolean {
  return cell === '' || cell === '–';
}

function lists(columns: readonly Column[], rows: readonly Row[], options: TableOptions): string[] {
  const titleWidth = Math.max(...columns.map((column) => displayWidth(column.title)));
  return rows.flatMap((row, at) => {
    const [first = '', ...rest] = row.cells;
    const values = rest.flatMap((cell, index) =>
      isEmpty(cell) ? [] : [`${indent}${pad(columns[index + 1]?.title ?? '', titleWidth)}${gap}${cell}`],
    );
    return [...(at > 0 ? [''] : []), first, ...values, ...noteLines(row, options)];
  });
}

function noteLines(row: Row, options: TableOptions): string[] {
  return row.note === undefined || row.note === '' ? [] : paragraph(row.note, options.width, indent);
}

/**
 * A text broken at blanks, each line behind an indentation. A word longer than the room, such as a UUID or a path, stays
 * whole.
 *
 * @param first what stands before the first line instead, as wide as the indentation
 */
export function paragraph(
  text: string,
  width: number | null,
  indentation = '',
  first = indentation,
): string[] {
  if (width === null) return [first + text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && displayWidth(indentation) + displayWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map((part, index) => (index === 0 ? first : indentation) + part);
}

/** Fills a text up with blanks. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? blanks + text : text + blanks;
}

/** The beginning of a text that fits, with `…` where something is missing. */
export function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = '';
  let used = 0;
  for (const { segment } of segments(text)) {
    used += segmentWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** How many columns of a terminal a text takes: most characters one, Chinese and emoji two, accents none. */
export function displayWidth(text: string): number {
  // Nearly everything; a segmenter costs more than all the rest.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segments(text)) width += segmentWidth(segment);
  return width;
}

let segmenter: Intl.Segmenter | null = null;

function segments(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter.segment(text);
}

const wide =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

function segmentWidth(segment: string): number {
  if (/^[\p{Mn}\p{Me}\p{Cf}]+$/u.test(segment)) return 0;
  return wide.test(segment) ? 2 : 1;
}
