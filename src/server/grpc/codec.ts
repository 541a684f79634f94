import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { compileDecoder } from './compiled-decoder.js';
import { NotCompiled, compileEncoder } from './compiled-encoder.js';
import { TollgateError } from '../../errors/errors.js';

/**
 * The quickest decoder there is for a message type: compiled, else the generated codec's. Bytes that are no such message
 * are INVALID_REQUEST.
 */
export function decoderOf<D extends DescMessage>(schema: D): (bytes: Uint8Array) => MessageShape<D> {
  const decode = compiledOr(
    () => compileDecoder(schema),
    (bytes: Uint8Array) => fromBinary(schema, bytes),
  );
  return (bytes) => {
    try {
      return decode(bytes);
    } catch (cause) {
      throw malformed(schema.typeName, cause);
    }
  };
}

/** What bytes are answered that do not hold the message they should. */
export function malformed(typeName: string, cause?: unknown): TollgateError {
  return new TollgateError('INVALID_REQUEST', `the bytes are not a ${typeName} message`, { cause });
}

/** Writes a message as the Buffer that grpc-js wants, without copying what the encoder wrote. */
export function encodeMessage<D extends DescMessage>(schema: D, message: MessageShape<D>): Buffer {
  const bytes = toBinary(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The quickest encoder there is for a message type: compiled, else the generated codec's. Both write the same. */
export function encoderOf<D extends DescMessage>(schema: D): (message: MessageShape<D>) => Buffer {
  return compiledOr(
    () => compileEncoder(schema),
    (message) => encodeMessage(schema, message),
  );
}

function compiledOr<F>(compile: () => F, other: F): F {
  try {
    return compile();
  } catch (error) {
    if (error instanceof NotCompiled) return other;
    throw error;
  }
}

/** A serializer for what is encoded already, a deserializer for what is decoded later. */
export function sameBytes(bytes: Buffer): Buffer {
  return bytes;
}
