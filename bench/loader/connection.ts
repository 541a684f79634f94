import type { Socket } from 'node:net';
import { connect } from 'node:net';
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  FRAME_HEADER,
  GOAWAY,
  HEADERS,
  PADDED,
  PING,
  PRIORITY,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
  frame,
  grpcStatus,
  opening,
  requestHeaders,
  windowUpdate,
  writeFrameHeader,
} from './frames.js';

/** What a connection tells. Streams are told by their ids: 1, 3, 5 … */
export interface Listener {
  /** Bytes of answers, without frame headers; only for streams that were opened to be read. */
  data?(stream: number, bytes: Buffer): void;
  /** A stream ended with a gRPC status, or with -1 when it was cut off. */
  ended(stream: number, status: number): void;
  /** The server lets more be sent. */
  writable?(): void;
  /** The connection is gone; streams that are open have been ended with -1. */
  closed(reason: string): void;
}

const MAX_FRAME = 16_384;
const REFILL_AT = 0x4000_0000;

/** One HTTP/2 connection that sends gRPC requests given as bytes. Writes are gathered until `flush`. */
export class Connection {
  readonly #socket: Socket;
  readonly #listener: Listener;
  readonly #headers: Buffer;
  readonly #open = new Set<number>();
  #out: Buffer[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #nextStream = 1;
  #window = 65_535;
  #streamWindow = 65_535;
  readonly #windows = new Map<number, number>();
  #received = 0;
  #closed = false;

  private constructor(socket: Socket, authority: string, path: string, listener: Listener) {
    this.#socket = socket;
    this.#listener = listener;
    this.#headers = requestHeaders(authority, path);
    socket.setNoDelay(true);
    socket.write(opening());
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end('closed'));
  }

  /** Connects to HOST:PORT for calls of one method, for example `/tollgate.v1.DecisionService/Screen`. */
  static open(address: string, path: string, listener: Listener): Promise<Connection> {
    const split = address.lastIndexOf(':');
    return new Promise((resolve, reject) => {
      const socket = connect(Number(address.slice(split + 1)), address.slice(0, split));
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket, address, path, listener));
      });
    });
  }

  /** Whether a message of so many bytes fits the window of the connection now. */
  hasRoom(bytes: number): boolean {
    return this.#window >= bytes + 5;
  }

  /** Sends a whole call of one request: `message[from, to)`. Returns its stream. */
  call(messages: Buffer, from: number, to: number): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    const headers = this.#headers;
    const length = to - from + 5;
    if (length > MAX_FRAME) throw new RangeError('a request of more than one frame');
    const bytes = Buffer.allocUnsafe(FRAME_HEADER + headers.length + FRAME_HEADER + length);
    writeFrameHeader(bytes, 0, headers.length, HEADERS, END_HEADERS, stream);
    headers.copy(bytes, FRAME_HEADER);
    let at = FRAME_HEADER + headers.length;
    writeFrameHeader(bytes, at, length, DATA, END_STREAM, stream);
    at += FRAME_HEADER;
    bytes[at] = 0;
    bytes.writeUInt32BE(to - from, at + 1);
    messages.copy(bytes, at + 5, from, to);
    this.#window -= length;
    this.#open.add(stream);
    this.#out.push(bytes);
    return stream;
  }

  /** Opens a call with a stream of requests. */
  openStream(): number {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    this.#out.push(frame(HEADERS, END_HEADERS, stream, this.#headers));
    this.#open.add(stream);
    this.#windows.set(stream, this.#streamWindow);
    return stream;
  }

  /** Sends a part of `bytes` (a message with its five-byte prefix) as far as windows allow; returns how far it came. */
  send(stream: number, bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length) {
      const window = Math.min(this.#window, this.#windows.get(stream) ?? 0);
      const size = Math.min(MAX_FRAME, bytes.length - at, window);
      if (size <= 0) break;
      this.#out.push(frame(DATA, 0, stream, bytes.subarray(at, at + size)));
      this.#window -= size;
      this.#windows.set(stream, (this.#windows.get(stream) ?? 0) - size);
      at += size;
    }
    return at;
  }

  /** Says that no more requests come. */
  endStream(stream: number): void {
    this.#out.push(frame(DATA, END_STREAM, stream, Buffer.alloc(0)));
  }

  flush(): void {
    if (this.#out.length === 0 || this.#closed) return;
    this.#socket.write(this.#out.length === 1 ? this.#out[0]! : Buffer.concat(this.#out));
    this.#out = [];
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= FRAME_HEADER) {
      const length = bytes.readUIntBE(at, 3);
      if (bytes.length - at < FRAME_HEADER + length) break;
      const type = bytes[at + 3]!;
      const flags = bytes[at + 4]!;
      const stream = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
      this.#frame(type, flags, stream, bytes.subarray(at + FRAME_HEADER, at + FRAME_HEADER + length));
      at += FRAME_HEADER + length;
    }
    this.#rest = at === bytes.length ? bytes.subarray(0, 0) : bytes.subarray(at);
    this.flush();
  }

  #frame(type: number, flags: number, stream: number, payload: Buffer): void {
    switch (type) {
      case DATA:
        this.#received += payload.length;
        if (this.#received > REFILL_AT) {
          this.#out.push(windowUpdate(this.#received));
          this.#received = 0;
        }
        this.#listener.data?.(stream, unpadded(payload, flags, 0));
        if ((flags & END_STREAM) !== 0) this.#ended(stream, -1);
        return;
      case HEADERS:
        if ((flags & END_HEADERS) === 0) throw new Error('headers of more than one frame');
        if ((flags & END_STREAM) !== 0) {
          this.#ended(stream, grpcStatus(unpadded(payload, flags, (flags & PRIORITY) === 0 ? 0 : 5)));
        }
        return;
      case RST_STREAM:
        this.#ended(stream, -1);
        return;
      case SETTINGS:
        if ((flags & ACK) === 0) this.#settings(payload);
        return;
      case PING:
        if ((flags & ACK) === 0) this.#out.push(frame(PING, ACK, 0, payload));
        return;
      case WINDOW_UPDATE: {
        const more = payload.readUInt32BE(0);
        if (stream === 0) this.#window += more;
        else if (this.#windows.has(stream)) this.#windows.set(stream, this.#windows.get(stream)! + more);
        this.#listener.writable?.();
        return;
      }
      case GOAWAY:
        this.#end(`the server went away (${payload.readUInt32BE(4)})`);
        return;
      case CONTINUATION:
        throw new Error('headers of more than one frame');
      default:
    }
  }

  #settings(payload: Buffer): void {
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      if (payload.readUInt16BE(at) !== 4) continue;
      const size = payload.readUInt32BE(at + 2);
      for (const [stream, window] of this.#windows)
        this.#windows.set(stream, window + size - this.#streamWindow);
      this.#streamWindow = size;
    }
    this.#out.push(frame(SETTINGS, ACK, 0, Buffer.alloc(0)));
    this.#listener.writable?.();
  }

  #ended(stream: number, status: number): void {
    if (!this.#open.delete(stream)) return;
    this.#windows.delete(stream);
    this.#listener.ended(stream, status);
  }

  #end(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const stream of this.#open) this.#ended(stream, -1);
    this.#socket.destroy();
    this.#listener.closed(reason);
  }
}

function unpadded(payload: Buffer, flags: number, skip: number): Buffer {
  if ((flags & PADDED) === 0) return skip === 0 ? payload : payload.subarray(skip);
  return payload.subarray(1 + skip, payload.length - payload[0]!);
}
