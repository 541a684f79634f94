import { isUtf8 } from 'node:buffer';
import { badInput } from '../exit.js';

const LINE_END = 0x0a;
/** The longest line, bytes. */
export const MAX_LINE = 4 * 1024 * 1024;

/** How many bytes of some lines lie before the first that is no UTF-8. */
function goodBytes(lines: Buffer): number {
  let from = 0;
  while (from < lines.length) {
    const end = lines.indexOf(LINE_END, from);
    const next = end < 0 ? lines.length : end + 1;
    if (!isUtf8(lines.subarray(from, next))) break;
    from = next;
  }
  return from;
}

function countLines(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(LINE_END); at >= 0; at = lines.indexOf(LINE_END, at + 1)) count++;
  return count;
}

/**
 * Bytes of a text file, cut after whole lines. A file in another encoding is refused, naming the line: read as UTF-8, its
 * letters would become the same sign, and different names one.
 */
export async function* textLines(
  bytes: AsyncIterable<Buffer | string>,
  name: string,
): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let before = 0;
  function* checked(lines: Buffer): Generator<Buffer> {
    const good = isUtf8(lines) ? lines : lines.subarray(0, goodBytes(lines));
    before += countLines(good);
    if (good.length > 0) yield good;
    if (good.length < lines.length) throw badInput(`${name} line ${before + 1}`, 'not UTF-8 text');
  }
  for await (const part of bytes) {
    const piece = typeof part === 'string' ? Buffer.from(part) : part;
    const data = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const end = data.lastIndexOf(LINE_END) + 1;
    rest = data.subarray(end);
    if (end > 0) yield* checked(data.subarray(0, end));
    if (rest.length > MAX_LINE) throw badInput(`${name} line ${before + 1}`, 'longer than 4 MiB');
  }
  if (rest.length > 0) yield* checked(rest);
}
