import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import { compileDecoder } from './compiled-decoder.js';
import { NotCompiled, compileEncoder } from './compiled-encoder.js';
import { mostOf } from './request-lists.js';
import { TollgateError } from '../../errors/errors.js';

/** A message, and bytes that say it. */
export interface Read<M> {
  readonly message: M;
  readonly raw: Uint8Array;
}

/** Beyond this bytes may say next to nothing over and over: what they came to is written again. */
const LARGE = 16 * 1024;

/**
 * The decoder of a request type that is kept: with the bytes as received, unless these hold more than the message, which
 * nobody has checked, or are many. Throws as `decoderOf`.
 */
export function readerOf<D extends DescMessage>(schema: D): (bytes: Uint8Array) => Read<MessageShape<D>> {
  let whole = true;
  const decode = decoderOf(schema, () => {
    whole = false;
  });
  return (bytes) => {
    whole = true;
    const message = decode(bytes);
    return { message, raw: whole && bytes.length <= LARGE ? bytes : encodeMessage(schema, message) };
  };
}

/**
 * The decoder of a request type. Bytes that are no such message, and lists beyond their bound, are INVALID_REQUEST;
 * `onDropped` is told of those that hold more than the message. Throws NotCompiled for a type that it cannot make one
 * for: the generated codec would read lists without end.
 */
export function decoderOf<D extends DescMessage>(
  schema: D,
  onDropped?: () => void,
): (bytes: Uint8Array) => MessageShape<D> {
  const decode = compileDecoder(schema, { most: mostOf, ...(onDropped && { onDropped }) });
  return (bytes) => {
    try {
      return decode(bytes);
    } catch (cause) {
      throw unreadable(schema.typeName, cause);
    }
  };
}

/** What bytes are answered of which `cause` was thrown when they were read as a message. */
export function unreadable(typeName: string, cause: unknown): TollgateError {
  if (cause instanceof TollgateError) return cause;
  return new TollgateError('INVALID_REQUEST', `the bytes are not a ${typeName} message`, { cause });
}

/** Writes a message as the Buffer that grpc-js wants, without copying what the encoder wrote. */
export function encodeMessage<D extends DescMessage>(schema: D, message: MessageShape<D>): Buffer {
  const bytes = toBinary(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The quickest encoder there is for a message type: compiled, else the generated codec's. Both write the same. */
export function encoderOf<D extends DescMessage>(schema: D): (message: MessageShape<D>) => Buffer {
  try {
    return compileEncoder(schema);
  } catch (error) {
    if (error instanceof NotCompiled) return (message) => encodeMessage(schema, message);
    throw error;
  }
}

/** A serializer for what is encoded already, a deserializer for what is decoded later. */
export function sameBytes(bytes: Buffer): Buffer {
  return bytes;
}
