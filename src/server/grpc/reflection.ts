import type { DescFile, DescService } from '@bufbuild/protobuf';
import { toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { handleBidiStreamingCall, Server, UntypedServiceImplementation } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { file_google_rpc_error_details } from '../../gen/google/rpc/error_details_pb.js';
import type { Callers } from '../../identity/callers.js';
import { askAgain, callerOf, type ShowingCall } from './access.js';
import { toStatus, type ErrorReporter } from './to-status.js';
import { Health } from '../../gen/grpc/health/v1/health_pb.js';

/**
 * Lets tools such as `buf curl` ask the server what it serves: health and the services, with all files they are made of,
 * and what errors carry as details, without which a tool cannot show the answer to an entry of a stream that failed. Who
 * asks has to be known, whatever the roles.
 */
export function addReflection(server: Server, services: readonly DescService[], callers: Callers): void {
  const files = new Map<string, Buffer>();
  for (const service of [Health, ...services]) collect(service.file, files);
  collect(file_google_rpc_error_details, files);
  const described = { tollgate: { fileDescriptorProtos: [...files.values()] } };
  new ReflectionService(
    described as unknown as ConstructorParameters<typeof ReflectionService>[0],
  ).addToServer({
    addService(definition, implementation: UntypedServiceImplementation) {
      const guarded = Object.entries(implementation).map(([name, handle]) => [
        name,
        guard(handle as handleBidiStreamingCall<unknown, unknown>, callers),
      ]);
      server.addService(definition, Object.fromEntries(guarded) as UntypedServiceImplementation);
    },
  });
}

/** What is refused here is never a bug. */
const REPORTER: ErrorReporter = { reference: () => '', unexpected: () => undefined };

/** The library's one call is a stream of questions and answers. */
function guard(
  handle: handleBidiStreamingCall<unknown, unknown>,
  callers: Callers,
): handleBidiStreamingCall<unknown, unknown> {
  return (call) => {
    const caller = callerOf(call as ShowingCall, callers);
    if (typeof caller !== 'string') {
      handle(call);
      return;
    }
    askAgain(call as ShowingCall, caller, callers, {
      letIn: () => {
        if (!call.cancelled) handle(call);
      },
      refuse: (error) => void call.emit('error', toStatus(error, REPORTER)),
    });
  };
}

function collect(file: DescFile, files: Map<string, Buffer>): void {
  if (files.has(file.proto.name)) return;
  for (const dependency of file.dependencies) collect(dependency, files);
  files.set(file.proto.name, Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
}
