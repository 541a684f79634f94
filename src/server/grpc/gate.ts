import {
  status,
  type Metadata,
  type ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import type { Refusal } from '../../identity/authenticate.js';
import type { Callers } from '../../identity/callers.js';
import { askAgain, callerOf, type ShowingCall } from './access.js';
import type { BoundService } from './serve.js';
import { toStatus, type ErrorReporter } from './to-status.js';

const HEALTH = '/grpc.health.v1.Health/';
/** What a question about health holds at most, which anybody may ask: the name of a service. */
const HEALTH_BYTES = 4_096;

/**
 * Turns away who is not known before anything they send is read: grpc-js gathers a whole request before it calls the
 * handler, and thousands of them on each connection. The handler still asks for itself, since what takes its time may come
 * after a key was revoked.
 */
export function gateTo(services: readonly BoundService[], callers: Callers): ServerInterceptor {
  const reporters = new Map<string, ErrorReporter>();
  for (const { definition, reporter } of services)
    for (const { path } of Object.values(definition)) reporters.set(path, reporter);
  return ({ path }, call) => {
    const reporter = reporters.get(path);
    if (reporter !== undefined) guard(call, callers, reporter);
    else if (path.startsWith(HEALTH)) bound(call);
    return call as ServerInterceptingCall;
  };
}

/** The call begins when whose it is is known, unless it is gone by then. */
function guard(call: ServerInterceptingCallInterface, callers: Callers, reporter: ErrorReporter): void {
  const start = call.start.bind(call);
  const showing = (metadata: Metadata) => ({ metadata, call, getPeer: () => call.getPeer() });
  call.start = (listener) => {
    let gone = false;
    const wait = (metadata: Metadata, shown: ShowingCall, why: Refusal): void =>
      askAgain(shown, why, callers, {
        letIn: () => {
          if (!gone) listener.onReceiveMetadata(metadata);
        },
        refuse: (error) => call.sendStatus(toStatus(error, reporter)),
      });
    start({
      onReceiveMetadata(metadata) {
        const shown = showing(metadata) as ShowingCall;
        const caller = callerOf(shown, callers);
        if (typeof caller === 'string') wait(metadata, shown, caller);
        else listener.onReceiveMetadata(metadata);
      },
      onReceiveMessage: (message) => listener.onReceiveMessage(message),
      onReceiveHalfClose: () => listener.onReceiveHalfClose(),
      onCancel() {
        gone = true;
        listener.onCancel();
      },
    });
  };
}

/** What of the HTTP/2 stream of a call tells how much has come. */
interface Incoming {
  on(event: 'data', listener: (data: Buffer) => void): unknown;
}

/** Ends a call that sends more than a question about health can hold. */
function bound(call: ServerInterceptingCallInterface): void {
  const { stream } = call as { readonly stream?: Incoming };
  let bytes = 0;
  stream?.on('data', ({ length }) => {
    bytes += length;
    if (bytes > HEALTH_BYTES)
      call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details: `longer than ${HEALTH_BYTES} bytes` });
  });
}
