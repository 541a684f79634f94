import { pointer } from './findings.js';

/** An object or array that is being read. */
interface Level {
  readonly path: string;
  readonly list: boolean;
  /** Where the next value stands. */
  step: string | number;
}

/** A string with its quotes, a bracket, a brace or a comma: all that matters for telling where something stands. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g;

/**
 * The line, from 1, on which what a JSON Pointer names begins, for some pointers into a text that JSON.parse takes: of a
 * member its name. What is not there is told by what it would stand in.
 */
export function linesOf(json: string, pointers: Iterable<string>): ReadonlyMap<string, number> {
  const asked = [...new Set(pointers)];
  const wanted = new Set(asked.flatMap(outwards));
  const lines = new Map<string, number>([['', 1]]);
  let line = 1;
  let counted = 0;
  const note = (path: string, at: number): void => {
    if (!wanted.has(path) || lines.has(path)) return;
    for (; counted < at; counted++) if (json[counted] === '\n') line++;
    lines.set(path, line);
  };
  const open: Level[] = [];
  const entry = (level: Level, from: number): void => {
    if (level.list) note(pointer(level.path, level.step), skipped(json, from));
  };
  for (const match of json.matchAll(TOKEN)) {
    const [token] = match;
    const end = match.index + token.length;
    const level = open.at(-1);
    if (token === '{' || token === '[') {
      const path = level === undefined ? '' : pointer(level.path, level.step);
      const inner: Level = { path, list: token === '[', step: token === '[' ? 0 : '' };
      open.push(inner);
      entry(inner, end);
    } else if (token === '}' || token === ']') open.pop();
    else if (level === undefined) continue;
    else if (token === ',') {
      if (typeof level.step === 'number') level.step++;
      entry(level, end);
    } else if (!level.list && json[skipped(json, end)] === ':') {
      level.step = JSON.parse(token) as string;
      note(pointer(level.path, level.step), match.index);
    }
  }
  return new Map(
    asked.map((path) => [path, lines.get(outwards(path).find((one) => lines.has(one)) ?? '') ?? 1]),
  );
}

/** A pointer, and those to what it stands in, the nearest first. */
function outwards(path: string): readonly string[] {
  const steps = path.split('/');
  return steps.map((_, at) => steps.slice(0, steps.length - at).join('/'));
}

/** Where the white space that begins there ends. */
function skipped(json: string, from: number): number {
  let next = from;
  while (json.charCodeAt(next) <= 32) next++;
  return next;
}
