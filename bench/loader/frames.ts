/**
 * As much HTTP/2 (RFC 9113) as a load generator needs, written by hand: a full client costs more CPU per call than the
 * server under test, and both share the same cores.
 */
export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const PRIORITY = 0x20;

export const FRAME_HEADER = 9;
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const LARGE_WINDOW = 0x7fff_ffff;
const FIRST_WINDOW = 65_535;

/** One frame. */
export function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEADER + payload.length);
  writeFrameHeader(bytes, 0, payload.length, type, flags, stream);
  payload.copy(bytes, FRAME_HEADER);
  return bytes;
}

export function writeFrameHeader(
  bytes: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): void {
  bytes.writeUIntBE(length, at, 3);
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  bytes.writeUInt32BE(stream, at + 5);
}

/**
 * What a client says first: no header table, so that the server's header blocks stand alone and can be read without
 * state; no push; windows so large that answers never wait.
 */
export function opening(): Buffer {
  const settings = Buffer.alloc(18);
  settings.writeUInt16BE(1, 0); // HEADER_TABLE_SIZE 0
  settings.writeUInt16BE(2, 6); // ENABLE_PUSH 0
  settings.writeUInt16BE(4, 12); // INITIAL_WINDOW_SIZE
  settings.writeUInt32BE(LARGE_WINDOW, 14);
  return Buffer.concat([PREFACE, frame(SETTINGS, 0, 0, settings), windowUpdate(LARGE_WINDOW - FIRST_WINDOW)]);
}

/** Lets the server send so many bytes more on the connection. */
export function windowUpdate(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes, 0);
  return frame(WINDOW_UPDATE, 0, 0, payload);
}

/** The header block (RFC 7541, nothing indexed) of a gRPC request. */
export function requestHeaders(authority: string, path: string): Buffer {
  return Buffer.concat([
    Buffer.from([0x83, 0x86]), // :method POST, :scheme http
    Buffer.from([0x01]),
    literal(authority), // :authority
    Buffer.from([0x04]),
    literal(path), // :path
    Buffer.from([0x0f, 0x10]),
    literal('application/grpc+proto'), // content-type
    Buffer.from([0x00]),
    literal('te'),
    literal('trailers'),
  ]);
}

function literal(text: string): Buffer {
  if (text.length > 126) throw new RangeError('longer than one length byte tells');
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'latin1')]);
}

/** `grpc-status` as a Huffman-coded literal name, and as a plain one. */
const STATUS_HUFFMAN = Buffer.from([0x88, 0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f]);
const STATUS_PLAIN = Buffer.concat([Buffer.from([11]), Buffer.from('grpc-status')]);

/** The gRPC status in a block of trailers; -1 when there is none. One or two digits are never Huffman-coded shorter. */
export function grpcStatus(block: Buffer): number {
  let at = block.indexOf(STATUS_HUFFMAN);
  if (at >= 0) at += STATUS_HUFFMAN.length;
  else {
    at = block.indexOf(STATUS_PLAIN);
    if (at < 0) return -1;
    at += STATUS_PLAIN.length;
  }
  const length = block[at]!;
  if (length !== 1 && length !== 2) return -1;
  return Number(block.toString('latin1', at + 1, at + 1 + length));
}
