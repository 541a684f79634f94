/**
 * The yardstick of the screen benchmark: a bare grpc-js server, no interceptors, that reads a ScreenRequest and writes a
 * ScreenResponse of real size with the generated codec, and does nothing between. Prints HOST:PORT when it listens.
 */
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { ScreenRequest, ScreenResponse } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { ScreenRequestSchema, ScreenResponseSchema } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { echoResponse } from './echo-response.js';

const server = new Server({ 'grpc.enable_channelz': 0, 'grpc.max_concurrent_streams': 2048 });
server.addService(
  {
    screen: {
      path: '/tollgate.v1.DecisionService/Screen',
      requestStream: false,
      responseStream: false,
      requestDeserialize: (bytes: Buffer) => fromBinary(ScreenRequestSchema, bytes),
      requestSerialize: (message: ScreenRequest) => Buffer.from(toBinary(ScreenRequestSchema, message)),
      responseSerialize: (message: ScreenResponse) => {
        const bytes = toBinary(ScreenResponseSchema, message);
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      },
      responseDeserialize: (bytes: Buffer) => fromBinary(ScreenResponseSchema, bytes),
    },
  },
  {
    screen(
      call: ServerUnaryCall<ScreenRequest, ScreenResponse>,
      callback: sendUnaryData<ScreenResponse>,
    ): void {
      callback(null, echoResponse(call.request.requestId));
    },
  },
);
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`127.0.0.1:${port}\n`);
});
