/**
 * The one place where generated services meet grpc-js: `bindService` makes a service of typed handlers, `createClient`
 * typed calls. Beyond it nobody sees grpc-js, and nothing thrown reaches the wire unmapped.
 */
export type { CallContext } from './call-context.js';
export type { DecodingHandler, Handler, Handlers } from './handlers.js';
export type { BoundService } from './serve.js';
export { bindService } from './serve.js';
export type { ErrorReporter } from './to-status.js';
export type { CallOptions, ChannelTls, Client, ClientDefaults } from './client.js';
export { createClient, openChannel } from './client.js';
export { CallFailed, fromRpcStatus } from './call-failed.js';
