import type { Message } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import type { Client as Channel } from '@grpc/grpc-js';
import { ScreenRequestSchema } from '../../../src/gen/tollgate/v1/decision_service_pb.js';

const same = (bytes: Buffer): Buffer => bytes;

/** A call as any other client makes it: sends bytes as they are, fails with the ServiceError as it came. */
export function rawUnary(channel: Channel, path: string, request: Buffer | Message): Promise<Buffer> {
  const bytes = Buffer.isBuffer(request)
    ? request
    : Buffer.from(toBinary(ScreenRequestSchema, request as never));
  return new Promise((resolve, reject) => {
    channel.makeUnaryRequest<Buffer, Buffer>(path, same, same, bytes, (error, answer) => {
      if (error !== null) reject(error);
      else resolve(answer ?? Buffer.alloc(0));
    });
  });
}
