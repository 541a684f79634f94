import { setMaxListeners } from 'node:events';
import { Server, ServerCredentials, logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { TollgateError } from '../../errors/errors.js';
import { ANYBODY, type Callers } from '../../identity/callers.js';
import type { Timers } from '../../world/world.js';
import { addressText, type Address } from '../address.js';
import { cannotListen } from '../listen-error.js';
import { gateTo } from './gate.js';
import type { BoundService } from './serve.js';
import { addReflection } from './reflection.js';

/** How the gRPC server is run. */
export interface GrpcServerOptions {
  readonly listen: Address;
  readonly services: readonly BoundService[];
  readonly timers: Pick<Timers, 'after'>;
  /** Tells who calls. Health answers everybody. */
  readonly callers: Callers;
  /** Default: whoever reads what passes by reads it all. */
  readonly credentials?: ServerCredentials;
  /**
   * Largest request message that the transport takes in, bytes; beyond it RESOURCE_EXHAUSTED without details. Default 16
   * MiB: what is larger than the API allows, but not absurd, is refused as an invalid request.
   */
  readonly maxReceiveBytes?: number;
}

/** A running gRPC server. */
export interface GrpcServer {
  /** HOST:PORT with the real port. */
  readonly address: string;
  readonly port: number;
  /** What grpc.health.v1 says of the server and of every service. NOT_SERVING until set. */
  setServing(serving: boolean): void;
  /**
   * Takes no new calls and reads no more of streams, from this moment on; lets what is under way end for at most `graceMs`,
   * then cuts it off.
   */
  close(graceMs: number): Promise<void>;
}

/** Calls at once on one connection. */
const CALLS_A_CONNECTION = 2_048;
/** A silent connection is asked for a sign of life after this, ms. */
const KEEPALIVE_MS = 60_000;

/** Starts listening, with health and reflection beside the given services. Rejects when the address cannot be had. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  // It would print on its own what is thrown here anyway.
  setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    'grpc.enable_channelz': 0,
    'grpc.max_receive_message_length': options.maxReceiveBytes ?? 16 * 1024 * 1024,
    'grpc.max_concurrent_streams': CALLS_A_CONNECTION,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': 20_000,
    interceptors: options.callers === ANYBODY ? [] : [gateTo(options.services, options.callers)],
  });
  const ending = new AbortController();
  // Each open stream listens; beyond ten Node would warn of a leak.
  setMaxListeners(0, ending.signal);
  for (const service of options.services) {
    server.addService(
      service.definition,
      service.implement({ timers: options.timers, ending: ending.signal, callers: options.callers }),
    );
  }
  const names = ['', ...options.services.map(({ desc }) => desc.typeName)];
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'NOT_SERVING'])));
  health.addToServer(server);
  addReflection(
    server,
    options.services.map(({ desc }) => desc),
    options.callers,
  );

  const credentials = options.credentials ?? ServerCredentials.createInsecure();
  const port = await bind(server, options.listen, credentials);
  let closing: Promise<void> | undefined;
  let told = 'NOT_SERVING';
  const setServing = (serving: boolean): void => {
    const status = serving && closing === undefined ? 'SERVING' : 'NOT_SERVING';
    // A watch hears of changes only; the library writes whatever it is told.
    if (status === told) return;
    told = status;
    for (const name of names) health.setStatus(name, status);
  };
  const address = addressText({ ...options.listen, port });
  return {
    port,
    address,
    setServing,
    close(graceMs) {
      setServing(false);
      ending.abort(new TollgateError('SHUTTING_DOWN', 'this instance is stopping'));
      closing ??= shutDown(server, address, options.timers, graceMs);
      return closing;
    },
  };
}

function bind(server: Server, address: Address, credentials: ServerCredentials): Promise<number> {
  const listen = addressText(address);
  return new Promise((resolve, reject) => {
    server.bindAsync(listen, credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(cannotListen(listen, error));
    });
  });
}

/** Longest wait for connections to be gone that were cut off, ms. */
const CUT_OFF_MS = 1_000;

/**
 * A health Watch or a bulk call that stays open would hold a polite shutdown up for ever. `drain` has to come first: once
 * tryShutdown has closed the sessions, and without channelz, neither it nor forceShutdown finds any to cut off.
 */
function shutDown(
  server: Server,
  address: string,
  timers: Pick<Timers, 'after'>,
  graceMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const cancel = timers.after(graceMs + CUT_OFF_MS, () => {
      server.forceShutdown();
      resolve();
    });
    server.drain(address, graceMs);
    server.tryShutdown(() => {
      cancel();
      resolve();
    });
  });
}
