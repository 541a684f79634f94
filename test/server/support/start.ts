import type { Client as Channel } from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import { DecisionService } from '../../../src/gen/tollgate/v1/decision_service_pb.js';
import type { Client, ErrorReporter } from '../../../src/server/grpc/bridge.js';
import { createClient, openChannel } from '../../../src/server/grpc/bridge.js';
import type { GrpcServer, GrpcServerOptions } from '../../../src/server/grpc/server.js';
import { startGrpcServer } from '../../../src/server/grpc/server.js';
import type { Application, ServiceLimits } from '../../../src/server/grpc/services/all.js';
import { bindAll } from '../../../src/server/grpc/services/all.js';
import { ANYBODY } from '../../../src/identity/callers.js';
import { REAL_WORLD } from '../../../src/world/real-world.js';

/** A running server, a channel to it, and what it reported of unexpected errors. */
export interface Running {
  readonly server: GrpcServer;
  readonly channel: Channel;
  readonly decisions: Client<typeof DecisionService>;
  readonly unexpected: { readonly error: unknown; readonly reference: string }[];
  readonly answered: string[];
}

/** Starts a server on a free port over an application, and ends it with the test. */
export async function start(
  application: Application,
  options: Partial<GrpcServerOptions> & { readonly limits?: ServiceLimits } = {},
): Promise<Running> {
  const unexpected: { error: unknown; reference: string }[] = [];
  const answered: string[] = [];
  const reporter: ErrorReporter = {
    reference: () => `ref-${unexpected.length + 1}`,
    unexpected: (error, reference) => unexpected.push({ error, reference }),
    answered: (code) => answered.push(code),
  };
  const server = await startGrpcServer({
    listen: { host: '127.0.0.1', port: 0 },
    services: bindAll(application, reporter, options.limits),
    timers: REAL_WORLD.timers,
    callers: ANYBODY,
    ...options,
  });
  server.setServing(true);
  const channel = openChannel(server.address);
  onTestFinished(async () => {
    channel.close();
    await server.close(100);
  });
  return {
    server,
    channel,
    decisions: createClient(DecisionService, channel, { now: Date.now }),
    unexpected,
    answered,
  };
}
