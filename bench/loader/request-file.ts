import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** Encoded messages one after the other: each 4 bytes of length (big endian), then the message. */
export interface Requests {
  readonly bytes: Buffer;
  /** Where message i begins; one more entry than messages. Message i is bytes[starts[i] + 4, starts[i + 1]). */
  readonly starts: Float64Array;
  readonly count: number;
}

const CHUNK = 1 << 20;

/** Writes messages to a file that the loader reads. Returns how many. */
export function writeRequests(file: string, messages: Iterable<Uint8Array>): number {
  const descriptor = openSync(file, 'w');
  let parts: Uint8Array[] = [];
  let size = 0;
  let count = 0;
  const flush = (): void => {
    writeSync(descriptor, Buffer.concat(parts));
    parts = [];
    size = 0;
  };
  try {
    for (const message of messages) {
      const length = Buffer.allocUnsafe(4);
      length.writeUInt32BE(message.length, 0);
      parts.push(length, message);
      size += 4 + message.length;
      count += 1;
      if (size > CHUNK) flush();
    }
    flush();
  } finally {
    closeSync(descriptor);
  }
  return count;
}

export function readRequests(file: string): Requests {
  const bytes = readFileSync(file);
  const starts: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    starts.push(at);
    at += 4 + bytes.readUInt32BE(at);
  }
  if (at !== bytes.length) throw new Error(`${file} ends in the middle of a message`);
  const count = starts.length;
  starts.push(at);
  return { bytes, starts: Float64Array.from(starts), count };
}
