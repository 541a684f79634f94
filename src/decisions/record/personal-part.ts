const VERSION = 1;
const HEADER = 5;

const decoder = new TextDecoder();

/** What a record keeps of a person: the request and the facts that identify somebody. */
export interface PersonalPart {
  readonly request: Uint8Array;
  /** Slot -> value. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** One run of bytes, so that one key can seal it and its loss erase it: version, length of the request, request, JSON. */
export function encodePersonal(request: Uint8Array, facts: Readonly<Record<string, unknown>>): Uint8Array {
  const json = JSON.stringify(facts);
  const start = HEADER + request.length;
  const bytes = Buffer.allocUnsafe(start + Buffer.byteLength(json));
  bytes[0] = VERSION;
  bytes.writeUInt32BE(request.length, 1);
  bytes.set(request, HEADER);
  bytes.write(json, start);
  return bytes;
}

/** Throws when the bytes are not a personal part. */
export function decodePersonal(bytes: Uint8Array): PersonalPart {
  if (bytes.length < HEADER || bytes[0] !== VERSION) throw new Error('not a personal part of version 1');
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(1);
  if (HEADER + length > bytes.length) throw new Error('personal part is cut short');
  const request = bytes.subarray(HEADER, HEADER + length);
  return { request, facts: factsOf(decoder.decode(bytes.subarray(HEADER + length))) };
}

/** What JSON.parse throws quotes the text. */
function factsOf(json: string): PersonalPart['facts'] {
  try {
    return JSON.parse(json) as PersonalPart['facts'];
  } catch {
    throw new Error('the facts of a personal part are not JSON');
  }
}
