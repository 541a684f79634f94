import type { DescFile, DescService } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Server } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { file_google_rpc_error_details } from '../../gen/google/rpc/error_details_pb.js';
import { Health } from '../../gen/grpc/health/v1/health_pb.js';

/**
 * Lets tools such as `buf curl` ask the server what it serves: health and the services, with all files they are made of,
 * and what errors carry as details, without which a tool cannot show the answer to an entry of a stream that failed.
 */
export function addReflection(server: Server, services: readonly DescService[]): void {
  const files = new Map<string, Buffer>();
  for (const service of [Health, ...services]) collect(service.file, files);
  collect(file_google_rpc_error_details, files);
  const described = { tollgate: { fileDescriptorProtos: [...files.values()] } };
  new ReflectionService(
    described as unknown as ConstructorParameters<typeof ReflectionService>[0],
  ).addToServer(server);
}

function collect(file: DescFile, files: Map<string, Buffer>): void {
  if (files.has(file.proto.name)) return;
  for (const dependency of file.dependencies) collect(dependency, files);
  files.set(file.proto.name, Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
}
