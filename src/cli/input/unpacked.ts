import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const CHUNK = 256 * 1024;

/** The same bytes, or what was packed in them with gzip: told by the first two. */
export async function* unpacked(packed: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer | string> {
  const source = packed[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await source.next();
    if (next.done === true) break;
    head = Buffer.concat([head, Buffer.from(next.value)]);
  }
  async function* whole(): AsyncGenerator<Buffer | string> {
    if (head.length > 0) yield head;
    yield* { [Symbol.asyncIterator]: () => source };
  }
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* whole();
    return;
  }
  const bytes = Readable.from(whole(), { objectMode: false });
  const gunzip = createGunzip({ chunkSize: CHUNK });
  bytes.on('error', (error) => gunzip.destroy(error));
  try {
    yield* bytes.pipe(gunzip);
  } finally {
    bytes.destroy();
  }
}
