import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { NotCompiled, compileEncoder } from './compiled-encoder.js';
import { forbiddenKeyIn } from './map-keys.js';
import { TollgateError } from '../../errors/errors.js';

/** Reads a message; bytes that are none, or hold a map with the key `__proto__`, are INVALID_REQUEST. */
export function decodeMessage<D extends DescMessage>(schema: D, bytes: Uint8Array): MessageShape<D> {
  try {
    const field = forbiddenKeyIn(schema, bytes);
    if (field !== undefined) throw forbidden(field);
    return fromBinary(schema, bytes);
  } catch (cause) {
    throw cause instanceof TollgateError ? cause : malformed(schema.typeName, cause);
  }
}

function forbidden(field: string): TollgateError {
  const description = 'a name must not be __proto__';
  return new TollgateError('INVALID_REQUEST', `${field}: ${description}`, {
    violations: [{ field, description }],
  });
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
