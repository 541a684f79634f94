import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const CHUNK = 256 * 1024;

/**
 * The same bytes, or what was packed in them with gzip: told by the first two. `used` hears after how many packed bytes
 * the piece that comes next ends.
 */
export async function* unpacked(
  packed: AsyncIterable<Buffer | string>,
  used: (bytes: number) => void = () => undefined,
): AsyncGenerator<Buffer | string> {
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
    let given = 0;
    for await (const piece of whole()) {
      given += Buffer.byteLength(piece);
      used(given);
      yield piece;
    }
    return;
  }
  const bytes = Readable.from(whole(), { objectMode: false });
  const gunzip = createGunzip({ chunkSize: CHUNK });
  bytes.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const piece of bytes.pipe(gunzip) as AsyncIterable<Buffer>) {
      used(gunzip.bytesWritten);
      yield piece;
    }
  } finally {
    bytes.destroy();
  }
}
