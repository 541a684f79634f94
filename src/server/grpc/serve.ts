import type { DescMethod, DescService, Message } from '@bufbuild/protobuf';
import type {
  handleBidiStreamingCall,
  handleClientStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerWritableStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Callers } from '../../identity/callers.js';
import type { Session } from '../../identity/key-ring.js';
import type { Timers } from '../../world/world.js';
import { entranceTo, type Entrance, type ShowingCall } from './access.js';
import type { ServerCall } from './call-context.js';
import { ServerCallContext } from './call-context.js';
import { decoderOf, encoderOf, sameBytes } from './codec.js';
import type { DecodingCall, DecodingHandler, Handlers } from './handlers.js';
import { TollgateError } from '../../errors/errors.js';
import { drained } from './flow.js';
import { received, surelyEnded, untilEnded, wasCutOff } from './incoming.js';
import type { ErrorReporter } from './to-status.js';
import { toStatus } from './to-status.js';

/** A service as grpc-js takes it. */
export interface BoundService {
  readonly desc: DescService;
  readonly definition: ServiceDefinition;
  readonly reporter: ErrorReporter;
  implement(server: ServerParts): UntypedServiceImplementation;
}

/** What a service uses of the server that it is added to. */
export interface ServerParts {
  readonly timers: Pick<Timers, 'after'>;
  /** Aborted, with the error that they end with, when streams of requests are to be read no more. */
  readonly ending: AbortSignal;
  /** Tells who calls. */
  readonly callers: Callers;
}

/**
 * Binds handlers to a generated service. Bytes are decoded and encoded here and not by grpc-js, so that whatever is
 * wrong with them is answered like every other error and no thrown error reaches grpc-js, which would send it out raw.
 */
export function bindService<S extends DescService>(
  service: S,
  handlers: Handlers<S>,
  reporter: ErrorReporter,
): BoundService {
  const named = handlers as Readonly<Record<string, unknown>>;
  return {
    desc: service,
    reporter,
    definition: Object.fromEntries(
      service.methods.map((method) => [method.localName, methodDefinition(method)]),
    ),
    implement: (server) =>
      Object.fromEntries(
        service.methods.map((method) => [
          method.localName,
          bindMethod(method, named[method.localName], {
            ...server,
            reporter,
            enter: entranceTo(method, server.callers),
          }),
        ]),
      ),
  };
}

/** Largest request message, bytes. What the transport cuts off beyond its own limit comes without a word of ours. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;

function bounded<T>(decode: (bytes: Uint8Array) => T): (bytes: Uint8Array) => T {
  return (bytes) => {
    if (bytes.length > MAX_MESSAGE_BYTES)
      throw new TollgateError('INVALID_REQUEST', 'the message is larger than 4 MiB');
    return decode(bytes);
  };
}

/** What every method is bound with. */
interface Surroundings extends ServerParts {
  readonly reporter: ErrorReporter;
  readonly enter: Entrance;
}

/** How grpc-js knows a method; messages stay bytes. */
function methodDefinition(method: DescMethod): ServiceDefinition[string] {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: sameBytes,
    requestDeserialize: sameBytes,
    responseSerialize: sameBytes,
    responseDeserialize: sameBytes,
    originalName: method.localName,
  };
}

function bindMethod(
  method: DescMethod,
  handler: unknown,
  surroundings: Surroundings,
): UntypedServiceImplementation[string] {
  switch (method.methodKind) {
    case 'unary':
      return bindUnary(method, handler as Single | DecodingCall<unknown, Message>, surroundings);
    case 'server_streaming':
      return bindServerStreaming(method, handler as Streaming, surroundings);
    case 'client_streaming':
      return bindClientStreaming(method, handler as Collecting, surroundings);
    default:
      return bindBidiStreaming(method, handler as Duplex | DecodingHandler<unknown, Message>, surroundings);
  }
}

type Single = (message: Message, context: ServerCallContext) => Message | Promise<Message>;

function bindUnary(
  method: DescMethod,
  handler: Single | DecodingCall<unknown, Message>,
  { reporter, enter }: Surroundings,
): handleUnaryCall<Buffer, Buffer> {
  const decode = bounded<unknown>(typeof handler === 'function' ? decoderOf(method.input) : handler.decode);
  const handle = (typeof handler === 'function' ? handler : handler.handle) as DecodingCall<
    unknown,
    Message
  >['handle'];
  const encode = encoderOf(method.output);
  return (call, callback) => {
    const session = enter(call as ShowingCall, (error) => callback(toStatus(error, reporter)));
    if (session === undefined) return;
    const context = new ServerCallContext(call as unknown as ServerCall, session);
    const fail = (error: unknown): void => {
      context.finish();
      callback(toStatus(error, reporter));
    };
    const answer = (message: Message): void => {
      context.finish();
      callback(null, encode(message));
    };
    try {
      const result = handle(decode(call.request), context);
      if (result instanceof Promise) result.then(answer).catch(fail);
      else answer(result);
    } catch (error) {
      fail(error);
    }
  };
}

type Streaming = (message: Message, context: ServerCallContext) => AsyncIterable<Message>;

function bindServerStreaming(
  method: DescMethod,
  handler: Streaming,
  { reporter, enter }: Surroundings,
): handleServerStreamingCall<Buffer, Buffer> {
  const decode = bounded(decoderOf(method.input));
  const encode = encoderOf(method.output);
  return (call) => {
    const session = enter(call as ShowingCall, (error) => call.emit('error', toStatus(error, reporter)));
    if (session === undefined) return;
    const context = new ServerCallContext(call as unknown as ServerCall, session);
    const { ended } = session;
    void send(call, context, encode, reporter, () => {
      const messages = handler(decode(call.request), context);
      return ended === undefined ? messages : untilEnded(messages, ended);
    });
  };
}

type Collecting = (messages: AsyncIterable<Message>, context: ServerCallContext) => Promise<Message>;

function bindClientStreaming(
  method: DescMethod,
  handler: Collecting,
  { reporter, timers, ending, enter }: Surroundings,
): handleClientStreamingCall<Buffer, Buffer> {
  const decode = bounded(decoderOf(method.input));
  const encode = encoderOf(method.output);
  return (call, callback) => {
    const session = enter(call as ShowingCall, (error) => callback(toStatus(error, reporter)));
    if (session === undefined) return;
    const context = new ServerCallContext(call as unknown as ServerCall, session);
    const answer = async (): Promise<void> => {
      try {
        const requests = received(call, decode, endingsOf(ending, session));
        const message = await handler(surelyEnded(requests, call, timers), context);
        const bytes = encode(message);
        context.finish();
        callback(null, bytes);
      } catch (error) {
        if (wasCutOff(call)) return;
        context.finish();
        callback(toStatus(error, reporter));
      }
    };
    void answer();
  };
}

type Duplex = (messages: AsyncIterable<unknown>, context: ServerCallContext) => AsyncIterable<Message>;

function bindBidiStreaming(
  method: DescMethod,
  handler: Duplex | DecodingHandler<unknown, Message>,
  { reporter, ending, enter }: Surroundings,
): handleBidiStreamingCall<Buffer, Buffer> {
  const decode = bounded<unknown>(typeof handler === 'function' ? decoderOf(method.input) : handler.decode);
  const handle = typeof handler === 'function' ? handler : handler.handle;
  const encode = encoderOf(method.output);
  return (call) => {
    const session = enter(call as ShowingCall, (error) => call.emit('error', toStatus(error, reporter)));
    if (session === undefined) return;
    const context = new ServerCallContext(call as unknown as ServerCall, session);
    const endings = endingsOf(ending, session);
    void send(call, context, encode, reporter, () => handle(received(call, decode, endings), context));
  };
}

/** What ends the reading of a stream: the server's end, and that of the right to send it. */
function endingsOf(ending: AbortSignal, { ended }: Session): readonly AbortSignal[] {
  return ended === undefined ? [ending] : [ending, ended];
}

async function send(
  call: ServerWritableStream<Buffer, Buffer> | ServerDuplexStream<Buffer, Buffer>,
  context: ServerCallContext,
  encode: (message: Message) => Buffer,
  reporter: ErrorReporter,
  start: () => AsyncIterable<Message>,
): Promise<void> {
  try {
    for await (const message of start()) {
      if (call.cancelled) return;
      if (!call.write(encode(message))) await drained(call);
    }
    context.finish();
    call.end();
  } catch (error) {
    if (wasCutOff(call)) return;
    context.finish();
    // grpc-js takes the status from the 'error' event and sends it after what was written.
    call.emit('error', toStatus(error, reporter));
  }
}
