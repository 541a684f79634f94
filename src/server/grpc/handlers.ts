import type { DescMessage, DescService, MessageShape } from '@bufbuild/protobuf';
import type { CallContext } from './call-context.js';

/** A stream of requests whose messages the handler decodes itself, for instance to keep the bytes of each part. */
export interface DecodingHandler<T, O> {
  /** Throws TollgateError for bytes that are no such message. Runs when the message is taken, not when it arrives. */
  readonly decode: (bytes: Uint8Array) => T;
  readonly handle: (messages: AsyncIterable<T>, context: CallContext) => AsyncIterable<O>;
}

/** One request that the handler decodes itself, for instance to keep its bytes. */
export interface DecodingCall<T, O> {
  /** Throws TollgateError for bytes that are no such message. */
  readonly decode: (bytes: Uint8Array) => T;
  readonly handle: (message: T, context: CallContext) => O | Promise<O>;
}

/** What requests are decoded to is their handler's own affair. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyDecodingHandler<O> = DecodingHandler<any, O>;
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyDecodingCall<O> = DecodingCall<any, O>;

/** The handler of one method, by its kind. */
export type Handler<M> = M extends { methodKind: infer K; input: infer I; output: infer O }
  ? I extends DescMessage
    ? O extends DescMessage
      ? K extends 'unary'
        ? | ((message: MessageShape<I>, context: CallContext) => MessageShape<O> | Promise<MessageShape<O>>)
          | AnyDecodingCall<MessageShape<O>>
        : K extends 'server_streaming'
          ? (message: MessageShape<I>, context: CallContext) => AsyncIterable<MessageShape<O>>
          : K extends 'client_streaming'
            ? (messages: AsyncIterable<MessageShape<I>>, context: CallContext) => Promise<MessageShape<O>>
            : | ((
                  messages: AsyncIterable<MessageShape<I>>,
                  context: CallContext,
                ) => AsyncIterable<MessageShape<O>>)
              | AnyDecodingHandler<MessageShape<O>>
      : never
    : never
  : never;

/** All handlers of a service. */
export type Handlers<S extends DescService> = { readonly [K in keyof S['method']]: Handler<S['method'][K]> };
