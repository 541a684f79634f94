import { pointer } from './findings.js';

/** An object or array that is being read. */
interface Level {
  readonly path: string;
  /** Names so far; undefined for an array. */
  readonly names: Set<string> | undefined;
  /** Where the next value stands. */
  step: string | number;
}

/** A string with its quotes, a bracket, a brace or a comma: all that matters for telling names from values. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g;
const MOST = 20;

/**
 * JSON Pointers of names that stand twice in one object, the first few, in a text that JSON.parse takes. JSON.parse
 * keeps the last of them without a word, which would drop conditions that the author sees in the file.
 */
export function duplicateKeys(json: string): readonly string[] {
  const found: string[] = [];
  const open: Level[] = [];
  for (const match of json.matchAll(TOKEN)) {
    const [token] = match;
    const level = open.at(-1);
    if (token === '{' || token === '[') {
      const path = level === undefined ? '' : pointer(level.path, level.step);
      open.push({ path, names: token === '{' ? new Set() : undefined, step: token === '{' ? '' : 0 });
    } else if (token === '}' || token === ']') open.pop();
    else if (level === undefined) continue;
    else if (token === ',') {
      if (typeof level.step === 'number') level.step++;
    } else if (level.names !== undefined && isName(json, match.index + token.length)) {
      const name = JSON.parse(token) as string;
      level.step = name;
      if (level.names.has(name) && found.push(pointer(level.path, name)) >= MOST) return found;
      level.names.add(name);
    }
  }
  return found;
}

/** Whether a string that ends before `at` is followed by a colon. */
function isName(json: string, at: number): boolean {
  let next = at;
  while (json.charCodeAt(next) <= 32) next++;
  return json[next] === ':';
}
