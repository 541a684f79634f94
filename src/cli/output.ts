import Table from 'cli-table3';
import type { Host } from './host.js';

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;
/** How a piece of text stands out on a terminal. */
export type Style = keyof typeof STYLES;

/** Where results go: tables for people, or JSON for machines. */
export interface Output {
  readonly json: boolean;
  line(text?: string): void;
  /** Columns of text under a head; `right` names the columns (by position) of numbers. */
  table(head: readonly string[], rows: readonly (readonly string[])[], right?: readonly number[]): void;
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

/** The output of a command that was asked for JSON or not. */
export function createOutput(host: Host, json: boolean): Output {
  const colour = wantsColour(host);
  const paint = (style: Style, text: string): string =>
    colour ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
  const show = (table: InstanceType<typeof Table>): void => {
    const text = table.toString();
    const lines = text.split('\n').map((line) => line.trimEnd());
    if (text !== '') host.print(`${lines.join('\n')}\n`);
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
    line: (text = '') => host.print(`${text}\n`),
    table(head, rows, right = []) {
      const colAligns = head.map((_, column) => (right.includes(column) ? 'right' : 'left'));
      const colWidths = [...lastWidth([head, ...rows], head.length)];
      const table = new Table({ chars: PLAIN, style, colAligns, colWidths, wordWrap: true });
      table.push(head.map((name) => paint('dim', name)));
      for (const row of rows) table.push([...row]);
      show(table);
    },
    fields(pairs) {
      const shown = pairs.filter(([, value]) => value !== '');
      const colWidths = [...lastWidth(shown, 2)];
      const table = new Table({ chars: PLAIN, style, colWidths, wordWrap: true });
      for (const [name, value] of shown) table.push([paint('dim', name), value]);
      show(table);
    },
    document: (value) => host.print(`${JSON.stringify(value, undefined, 2)}\n`),
  };
}
