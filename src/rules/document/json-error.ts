import { messageOf } from '../../errors/error-text.js';

const POSITION = / at position (\d+)(?: \(line \d+ column \d+\))?$/;
const TOKEN = /^(Unexpected (?:non-whitespace character|token) '.*?'), .*$/s;

/** What JSON.parse says of a text that is no JSON, with line and column, which it may say in characters or not at all. */
export function jsonErrorText(text: string, error: unknown): string {
  const message = messageOf(error);
  const told = POSITION.exec(message);
  if (told !== null) return message.replace(POSITION, lineText(text, Number(told[1])));
  if (!TOKEN.test(message)) return message;
  return message.replace(TOKEN, `$1${lineText(text, firstBad(text))}`);
}

function lineText(text: string, position: number): string {
  const before = text.slice(0, position).split('\n');
  return ` at line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

/** Where the first character stands that makes the text no JSON, however it went on. */
function firstBad(text: string): number {
  let [good, bad] = [0, text.length];
  while (good + 1 < bad) {
    const middle = (good + bad) >>> 1;
    if (isBad(text.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return good;
}

function isBad(start: string): boolean {
  try {
    JSON.parse(start);
    return false;
  } catch (error) {
    const message = messageOf(error);
    const told = POSITION.exec(message);
    if (told !== null) return Number(told[1]) < start.length && !message.startsWith('Unterminated');
    return !message.startsWith('Unexpected end');
  }
}
