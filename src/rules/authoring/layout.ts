/** The widest line, in columns: that of the repository's own formatter. */
const WIDTH = 110;
const INDENT = 2;

/**
 * JSON in the one layout that rule files have: two blanks a level, an object or list on one line where it fits into 110
 * columns, else one entry a line; objects of a list of several stand below each other where each says more than one
 * thing. Prettier leaves it as it is.
 */
export function jsonLayout(value: unknown): string {
  return `${laidOut(value, 0, 0, 0)}\n`;
}

/** `before` columns stand before the value on its line, `after` behind it. */
function laidOut(value: unknown, depth: number, before: number, after: number): string {
  const flat = mustBreak(value, depth) ? undefined : oneLine(value);
  if (flat !== undefined && before + columns(flat) + after <= WIDTH) return flat;
  const inner = ' '.repeat((depth + 1) * INDENT);
  const outer = ' '.repeat(depth * INDENT);
  if (Array.isArray(value)) {
    const items = value as readonly unknown[];
    if (items.length === 0) return '[]';
    if (items.length > 1 && items.every((item) => typeof item === 'number')) return filled(items, depth);
    const lines = items.map(
      (item, at) => inner + laidOut(item, depth + 1, inner.length, comma(at, items.length)),
    );
    return `[\n${lines.join(',\n')}\n${outer}]`;
  }
  if (typeof value !== 'object' || value === null) return scalar(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return '{}';
  const lines = entries.map(([name, item], at) => {
    const start = `${inner}${JSON.stringify(name)}: `;
    return start + laidOut(item, depth + 1, columns(start), comma(at, entries.length));
  });
  return `{\n${lines.join(',\n')}\n${outer}}`;
}

/** The document itself is never on one line, nor what holds several objects of several things. */
function mustBreak(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0 && !Array.isArray(value) && Object.keys(value).length > 0) return true;
  if (Array.isArray(value) && value.length > 1 && (isAll(value, isObject) || isAll(value, Array.isArray)))
    return true;
  return Object.values(value).some((item) => mustBreak(item, depth + 1));
}

function isAll(items: readonly unknown[], is: (item: unknown) => boolean): boolean {
  return items.every((item) => is(item) && Object.keys(item as object).length > 1);
}

function isObject(item: unknown): boolean {
  return typeof item === 'object' && item !== null && !Array.isArray(item);
}

function oneLine(value: unknown): string {
  if (typeof value !== 'object' || value === null) return scalar(value);
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  const entries = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${oneLine(item)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** Numbers stand as many to a line as fit. */
function filled(items: readonly unknown[], depth: number): string {
  const inner = ' '.repeat((depth + 1) * INDENT);
  const lines: string[] = [];
  let line = inner;
  for (const [at, item] of items.entries()) {
    const word = scalar(item) + (at === items.length - 1 ? '' : ',');
    if (line !== inner && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = inner;
    }
    line += line === inner ? word : ` ${word}`;
  }
  return `[\n${[...lines, line].join('\n')}\n${' '.repeat(depth * INDENT)}]`;
}

function scalar(value: unknown): string {
  return typeof value === 'number' ? String(value).replace('e+', 'e') : JSON.stringify(value);
}

function comma(at: number, length: number): number {
  return at < length - 1 ? 1 : 0;
}

/** Letters that take two columns on a terminal. */
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{1F300}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;
const NONE = /\p{Mn}|\p{Me}|[\u200B-\u200D]/u;

function columns(text: string): number {
  // Nearly every line is ASCII.
  if (/^[\x20-\x7E]*$/.test(text)) return text.length;
  let width = 0;
  for (const letter of text) if (!NONE.test(letter)) width += WIDE.test(letter) ? 2 : 1;
  return width;
}
