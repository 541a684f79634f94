import Table from 'cli-table3';
import type { Host } from './host.js';
import { paintedLine } from './one-line.js';

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;
/** How a piece of text stands out on a terminal. */
export type Style = keyof typeof STYLES;

/** Where results go: tables for people, each text on one line and harmless to the terminal, or JSON for machines. */
export interface Output {
  readonly json: boolean;
  line(text?: string): void;
  /** A line that, where the terminal is narrower, goes on below, two characters further in than it began. */
  wrapped(text: string): void;
  /**
   * Columns of text under a head; `right` names the columns (by position) of numbers. Where a terminal is too narrow for
   * all, the columns from number `below` on stand beneath their row.
   */
  table(
    head: readonly string[],
    rows: readonly (readonly string[])[],
    right?: readonly number[],
    below?: number,
  ): void;
  /** Names and values, one a line; empty values are left out. */
  fields(pairs: readonly (readonly [name: string, value: string])[]): void;
  paint(style: Style, text: string): string;
  /** One JSON document. */
  document(value: unknown): void;
}

const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** A last column narrower than this is not worth breaking. */
const LEAST_WRAPPED = 24;

/** Characters of a text on the terminal, without its colours. */
function shownLength(text: string): number {
  // eslint-disable-next-line no-control-regex -- colours are control characters
  return text.replace(/\u001b\[\d+m/g, '').length;
}

/** Colour only on a terminal, and not where NO_COLOR is set to anything but nothing (no-color.org). */
function wantsColour(host: Host): boolean {
  return host.stdoutIsTerminal && (host.environment['NO_COLOR'] ?? '') === '';
}

/** Breaks a line between words; its continuation begins two characters further in than it does. */
function wrap(text: string, width: number): readonly string[] {
  const indent = ' '.repeat(text.search(/\S|$/) + 2);
  const lines: string[] = [];
  let line = '';
  for (const word of text.trimStart().split(' ')) {
    const longer = line === '' ? indent.slice(2) + word : `${line} ${word}`;
    if (line === '' || shownLength(longer) <= width) line = longer;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line];
}

/** The output of a command that was asked for JSON or not. */
export function createOutput(host: Host, json: boolean): Output {
  const colour = wantsColour(host);
  const paint = (style: Style, text: string): string =>
    colour ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
  const linesOf = (table: InstanceType<typeof Table>): readonly string[] => {
    const text = table.toString();
    return text === '' ? [] : text.split('\n').map((line) => line.trimEnd());
  };
  const show = (lines: readonly string[]): void => {
    if (lines.length > 0) host.print(`${lines.join('\n')}\n`);
  };
  // The last column holds the long texts: where the lines are too long for the terminal, it is broken between words.
  const lastWidth = (rows: readonly (readonly string[])[], count: number): readonly (number | null)[] => {
    if (host.columns === undefined) return [];
    const widest = (column: number): number => Math.max(...rows.map((row) => shownLength(row[column] ?? '')));
    const before = Array.from({ length: count - 1 }, (_, column) => widest(column) + PLAIN.middle.length);
    const room = host.columns - before.reduce((sum, width) => sum + width, 0);
    if (room < LEAST_WRAPPED || widest(count - 1) <= room) return [];
    return [...before.map(() => null), room];
  };
  const style = { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true };
  return {
    json,
    paint,
    line: (text = '') => host.print(`${paintedLine(text)}\n`),
    wrapped: (text) => show(wrap(paintedLine(text), host.columns ?? Infinity)),
    table(head, texts, right = [], below = head.length) {
      const rows = texts.map((row) => row.map(paintedLine));
      const build = (columns: number): readonly string[] => {
        const all = [head, ...rows].map((row) => row.slice(0, columns));
        const colAligns = head.map((_, column) => (right.includes(column) ? 'right' : 'left'));
        const colWidths = columns < head.length ? [] : [...lastWidth(all, columns)];
        const table = new Table({ chars: PLAIN, style, colAligns, colWidths, wordWrap: true });
        for (const [at, row] of all.entries())
          table.push(at > 0 ? row : row.map((name) => paint('dim', name)));
        return linesOf(table);
      };
      const lines = build(head.length);
      if (lines.every((line) => shownLength(line) <= (host.columns ?? Infinity))) {
        show(lines);
        return;
      }
      const beneath = [head, ...rows].map((row) => row.slice(below).filter((text) => text !== ''));
      show(
        build(below).flatMap((line, at) => {
          const rest = (beneath[at] ?? []).join('  ');
          return rest === '' ? [line] : [line, `  ${at === 0 ? paint('dim', rest) : rest}`];
        }),
      );
    },
    fields(pairs) {
      const shown = pairs
        .filter(([, value]) => value !== '')
        .map(([name, value]) => [name, paintedLine(value)] as const);
      const colWidths = [...lastWidth(shown, 2)];
      const table = new Table({ chars: PLAIN, style, colWidths, wordWrap: true });
      for (const [name, value] of shown) table.push([paint('dim', name), value]);
      show(linesOf(table));
    },
    document: (value) => host.print(`${JSON.stringify(value, undefined, 2)}\n`),
  };
}
