import type {
  DescMessage,
  DescMethod,
  DescService,
  Message,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { create, fromBinary } from '@bufbuild/protobuf';
import type { CallOptions as GrpcCallOptions, ServiceError } from '@grpc/grpc-js';
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { Client as Channel, credentials, Metadata } from '@grpc/grpc-js';
import { fromServiceError } from './call-failed.js';
import { encodeMessage, sameBytes } from './codec.js';
import type { Sink } from './flow.js';
import { drained } from './flow.js';

/** How one call is made. */
export interface CallOptions {
  /** Longest wait, ms. Default: that of the client. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** How calls are made unless they say otherwise. */
export interface ClientDefaults {
  /** Longest wait of calls with one request and one answer, ms. Default: none. */
  readonly deadlineMs?: number;
  /** Epoch ms. Without it no call can have a deadline. */
  readonly now?: () => number;
  /** The API key that every call shows. Default: none. */
  readonly key?: string;
}

/** How a connection is encrypted, in PEM. */
export interface ChannelTls {
  /** The authority that signed the server's certificate; null: those that Node believes. */
  readonly ca: Buffer | null;
  /** The certificate that the caller shows, and its key. Default: none. */
  readonly client?: { readonly cert: Buffer; readonly key: Buffer };
}

type ClientMethod<M> = M extends { methodKind: infer K; input: infer I; output: infer O }
  ? I extends DescMessage
    ? O extends DescMessage
      ? K extends 'unary'
        ? (request: MessageInitShape<I>, options?: CallOptions) => Promise<MessageShape<O>>
        : K extends 'server_streaming'
          ? (request: MessageInitShape<I>, options?: CallOptions) => AsyncIterable<MessageShape<O>>
          : K extends 'client_streaming'
            ? (
                requests: AsyncIterable<MessageInitShape<I>>,
                options?: CallOptions,
              ) => Promise<MessageShape<O>>
            : (
                requests: AsyncIterable<MessageInitShape<I>>,
                options?: CallOptions,
              ) => AsyncIterable<MessageShape<O>>
      : never
    : never
  : never;

/** Typed calls of a service. They fail with the TollgateError the server sent, or with CallFailed. */
export type Client<S extends DescService> = {
  readonly [K in keyof S['method']]: ClientMethod<S['method'][K]>;
};

/** What a server is called whose name is an address: TLS has no place for those, and Node warns of each. */
const NO_NAME = 'address.invalid';

/**
 * Opens a connection (lazily) to HOST:PORT; close it with `close()`. Several clients may share it. Without `tls` it is not
 * encrypted. Throws on what is no PEM.
 */
export function openChannel(
  address: string,
  options: Readonly<Record<string, string | number>> = {},
  tls?: ChannelTls,
): Channel {
  const host = address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  const byAddress = tls !== undefined && isIP(host) > 0;
  const security =
    tls === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(tls.ca, tls.client?.key ?? null, tls.client?.cert ?? null, {
          ...(byAddress && { checkServerIdentity: (_, cert) => checkServerIdentity(host, cert) }),
        });
  return new Channel(address, security, {
    ...(byAddress && { 'grpc.ssl_target_name_override': NO_NAME }),
    'grpc.enable_channelz': 0,
    'grpc.max_receive_message_length': 64 * 1024 * 1024,
    ...options,
  });
}

/** Makes typed calls over a channel. */
export function createClient<S extends DescService>(
  service: S,
  channel: Channel,
  defaults: ClientDefaults = {},
): Client<S> {
  const methods: Record<string, unknown> = {};
  for (const method of service.methods) methods[method.localName] = clientMethod(method, channel, defaults);
  return methods as Client<S>;
}

type Init = MessageInitShape<DescMessage>;

function clientMethod(method: DescMethod, channel: Channel, defaults: ClientDefaults): unknown {
  const path = `/${method.parent.typeName}/${method.name}`;
  const encode = (init: Init): Buffer => encodeMessage(method.input, create(method.input, init));
  const decode = (bytes: Buffer): Message => fromBinary(method.output, bytes);
  switch (method.methodKind) {
    case 'unary':
      return (request: Init, options: CallOptions = {}) =>
        new Promise<Message>((resolve, reject) => {
          const call = channel.makeUnaryRequest<Buffer, Buffer>(
            path,
            sameBytes,
            sameBytes,
            encode(request),
            callMetadata(options, defaults),
            grpcOptions(options, defaults, true),
            settle(decode, resolve, reject),
          );
          cancelOn(options.signal, call);
        });
    case 'client_streaming':
      return (requests: AsyncIterable<Init>, options: CallOptions = {}) =>
        new Promise<Message>((resolve, reject) => {
          const call = channel.makeClientStreamRequest<Buffer, Buffer>(
            path,
            sameBytes,
            sameBytes,
            callMetadata(options, defaults),
            grpcOptions(options, defaults, false),
            settle(decode, resolve, reject),
          );
          cancelOn(options.signal, call);
          sendAll(call, requests, encode).catch((error: unknown) => {
            reject(error);
            call.cancel();
          });
        });
    case 'server_streaming':
      return async function* (request: Init, options: CallOptions = {}): AsyncGenerator<Message> {
        const call = channel.makeServerStreamRequest<Buffer, Buffer>(
          path,
          sameBytes,
          sameBytes,
          encode(request),
          callMetadata(options, defaults),
          grpcOptions(options, defaults, false),
        );
        cancelOn(options.signal, call);
        yield* answers(call, decode);
      };
    default:
      return async function* (
        requests: AsyncIterable<Init>,
        options: CallOptions = {},
      ): AsyncGenerator<Message> {
        const call = channel.makeBidiStreamRequest<Buffer, Buffer>(
          path,
          sameBytes,
          sameBytes,
          callMetadata(options, defaults),
          grpcOptions(options, defaults, false),
        );
        cancelOn(options.signal, call);
        let sending: { readonly error: unknown } | undefined;
        sendAll(call, requests, encode).catch((error: unknown) => {
          sending = { error };
          call.cancel();
        });
        try {
          yield* answers(call, decode);
        } catch (error) {
          throw sending === undefined ? error : sending.error;
        }
      };
  }
}

function settle(
  decode: (bytes: Buffer) => Message,
  resolve: (message: Message) => void,
  reject: (error: unknown) => void,
) {
  return (error: ServiceError | null, bytes?: Buffer): void => {
    if (error !== null) {
      reject(fromServiceError(error));
      return;
    }
    try {
      resolve(decode(bytes ?? Buffer.alloc(0)));
    } catch (cause) {
      reject(cause);
    }
  };
}

interface RequestSink extends Sink {
  write(bytes: Buffer): boolean;
  end(): void;
}

async function sendAll(
  call: RequestSink,
  requests: AsyncIterable<Init>,
  encode: (init: Init) => Buffer,
): Promise<void> {
  let over = false;
  let wake: () => void = () => undefined;
  // After its status a call takes nothing more, and never asks for more either.
  call.once('status', () => {
    over = true;
    wake();
  });
  for await (const request of requests) {
    if (over || call.destroyed) return;
    if (call.write(encode(request))) continue;
    const ended = new Promise<void>((resolve) => {
      wake = resolve;
    });
    await Promise.race([drained(call), ended]);
  }
  call.end();
}

async function* answers(
  call: AsyncIterable<unknown> & { cancel(): void },
  decode: (bytes: Buffer) => Message,
): AsyncGenerator<Message> {
  let ended = false;
  try {
    for await (const bytes of call) yield decode(bytes as Buffer);
    ended = true;
  } catch (error) {
    ended = true;
    throw isServiceError(error) ? fromServiceError(error) : error;
  } finally {
    if (!ended) call.cancel();
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}

function callMetadata(options: CallOptions, { key }: ClientDefaults): Metadata {
  const metadata = new Metadata();
  if (key !== undefined) metadata.set('authorization', `Bearer ${key}`);
  for (const [name, value] of Object.entries(options.metadata ?? {})) metadata.set(name, value);
  return metadata;
}

function grpcOptions(options: CallOptions, defaults: ClientDefaults, single: boolean): GrpcCallOptions {
  const deadlineMs = options.deadlineMs ?? (single ? defaults.deadlineMs : undefined);
  if (deadlineMs === undefined) return {};
  if (defaults.now === undefined) throw new Error('a deadline needs a clock: give the client its `now`');
  return { deadline: defaults.now() + deadlineMs };
}

function cancelOn(
  signal: AbortSignal | undefined,
  call: { cancel(): void; once(event: 'status', listener: () => void): unknown },
): void {
  if (signal === undefined) return;
  if (signal.aborted) {
    call.cancel();
    return;
  }
  const cancel = (): void => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  call.once('status', () => signal.removeEventListener('abort', cancel));
}
