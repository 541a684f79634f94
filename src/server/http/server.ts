import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Callers } from '../../identity/callers.js';
import { addressText, type Address } from '../address.js';
import { cannotListen } from '../listen-error.js';
import { tlsSettings, type TlsSource } from '../tls.js';
import { mayRead } from './access.js';

/** What the store is doing. */
export interface Readiness {
  /** Whether payments are taken. */
  readonly ready: boolean;
  readonly store: 'up' | 'down';
  /** For people, for example which store, or since when it is away. Never secrets. */
  readonly detail?: string;
  /** Whether callers are asked who they are, in words. */
  readonly identities: string;
}

/** How the HTTP listener is run. */
export interface HttpServerOptions {
  readonly listen: Address;
  readonly readiness: () => Readiness;
  /** Read by viewers and operators. */
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  /** Tells who calls. */
  readonly callers: Callers;
  /** Default: no TLS. */
  readonly tls?: TlsSource;
  /** Told of errors while answering. */
  readonly trouble: (what: string, error: unknown) => void;
}

/** A running HTTP listener. */
export interface HttpServer {
  /** HOST:PORT with the real port. */
  readonly address: string;
  readonly port: number;
  /** Stops listening and cuts off what is open: nothing here is worth waiting for. */
  close(): Promise<void>;
}

/** What goes out. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Route = (request: IncomingMessage) => Answer | Promise<Answer>;

const JSON_TYPE = 'application/json; charset=utf-8';

/** Starts the HTTP listener: /healthz, /readyz, /metrics. Rejects when the address cannot be had. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const routes: Readonly<Record<string, Route>> = {
    '/healthz': () => json(200, { status: 'alive' }),
    '/readyz': () => {
      const readiness = options.readiness();
      return json(readiness.ready ? 200 : 503, readiness);
    },
    '/metrics': async (request) => {
      const refused = await mayRead(request, options.callers);
      if (refused !== undefined) {
        const { status, headers, ...body } = refused;
        return { ...json(status, body), headers };
      }
      return { status: 200, type: options.metrics.contentType, body: await options.metrics.text() };
    },
  };
  const server = createListener(options.tls, (request, response) => {
    void answer(request, response, routes, options);
  });
  server.maxConnections = 256;
  const port = await listen(server, options.listen);
  return {
    port,
    address: addressText({ ...options.listen, port }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Nobody who scrapes a counter needs longer, or more than this in a header. */
const BOUNDS = {
  requestTimeout: 10_000,
  headersTimeout: 5_000,
  keepAliveTimeout: 30_000,
  maxHeaderSize: 8_192,
};

function createListener(
  tls: TlsSource | undefined,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  if (tls === undefined) return createServer(BOUNDS, listener);
  const settings = { ...BOUNDS, ...tlsSettings(tls), handshakeTimeout: BOUNDS.headersTimeout };
  const server = createSecureServer({ ...settings, ...tls.current }, listener);
  server.once(
    'close',
    tls.follow((next) => server.setSecureContext(next)),
  );
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: Readonly<Record<string, Route>>,
  options: HttpServerOptions,
): Promise<void> {
  const [path = '/'] = (request.url ?? '/').split('?', 1);
  let result: Answer;
  try {
    result = await route(request, path, routes, response);
  } catch (error) {
    options.trouble(`${path} could not be answered`, error);
    result = json(500, { error: 'internal' });
  }
  const body = Buffer.from(result.body);
  response.writeHead(result.status, {
    'content-type': result.type,
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...result.headers,
    // A body that came with the request is not read: the connection cannot be used again.
    ...(hasBody(request) ? { connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function route(
  request: IncomingMessage,
  path: string,
  routes: Readonly<Record<string, Route>>,
  response: ServerResponse,
): Answer | Promise<Answer> {
  const { method = 'GET' } = request;
  const handler = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (handler === undefined) return json(404, { error: 'not found', paths: Object.keys(routes) });
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return json(405, { error: 'method not allowed', allow: ['GET', 'HEAD'] });
  }
  return handler(request);
}

function hasBody(request: IncomingMessage): boolean {
  return (
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0
  );
}

function json(status: number, value: object): Answer {
  return { status, type: JSON_TYPE, body: `${JSON.stringify(value)}\n` };
}

function listen(server: Server, address: Address): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(addressText(address), error)));
    server.listen(address.port, address.host, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}
