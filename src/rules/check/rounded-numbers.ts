import { pointer } from './findings.js';

/** An object or array that is being read. */
interface Level {
  readonly path: string;
  /** Which entry of an array comes next; undefined for an object. */
  step: number | undefined;
}

/** A string with its quotes, a bracket, a brace, a comma or a number. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]|-?\d[\d.eE+-]*/g;
const WHOLE = /^-?\d+$/;
const MOST = 20;

/**
 * JSON Pointers of whole numbers beyond 2^53 - 1, the first few, in a text that JSON.parse takes. JSON.parse takes the
 * nearest number that it can hold without a word.
 */
export function roundedNumbers(json: string): readonly string[] {
  const found: string[] = [];
  const open: Level[] = [];
  let text = '';
  /** Of what stands next: in an object its name is the text before. */
  const path = (level = open.at(-1)): string => {
    if (level === undefined) return '';
    return pointer(level.path, level.step ?? (JSON.parse(text) as string));
  };
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push({ path: path(), step: token === '[' ? 0 : undefined });
    else if (token === '}' || token === ']') open.pop();
    else if (token === ',') {
      const level = open.at(-1);
      if (level?.step !== undefined) level.step++;
    } else if (token.startsWith('"')) text = token;
    else if (isRounded(token) && found.push(path()) >= MOST) return found;
  }
  return found;
}

function isRounded(token: string): boolean {
  return WHOLE.test(token) && !Number.isSafeInteger(Number(token));
}
