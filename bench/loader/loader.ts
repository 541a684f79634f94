/**
 * The load generator as a process of its own:
 *   node --import tsx bench/loader/loader.ts '{"address":"127.0.0.1:50051","path":"/tollgate.v1.DecisionService/Screen","file":"requests.bin"}'
 * Prints one line of JSON (LoadResult) when it is done. What can be asked is LoadOptions.
 */
import { pathToFileURL } from 'node:url';
import { readRequests } from './request-file.js';
import { runStreaming } from './streaming.js';
import type { LoadResult } from './tally.js';
import { runUnary } from './unary.js';

/** What a load generator is asked to do. */
export interface LoadOptions {
  readonly address: string;
  /** For example `/tollgate.v1.DecisionService/Screen`. */
  readonly path: string;
  /** Pre-encoded messages: see request-file.ts. */
  readonly file: string;
  /** Default closed. */
  readonly mode?: 'closed' | 'open' | 'stream';
  /** First message of the file. Default 0. */
  readonly first?: number;
  /** Calls (stream: messages per stream) in flight. Default 64; open 2,000 (a server takes 2,048); stream 4. */
  readonly inFlight?: number;
  /** Streams. Default 1. */
  readonly streams?: number;
  /** Default 1,000. */
  readonly warmupMs?: number;
  /** Default 5,000. */
  readonly durationMs?: number;
  /** Calls (messages) at most. Default: all of the file. */
  readonly maxCalls?: number;
  /** Calls a second in open mode. */
  readonly rate?: number;
  /** Begin again at the end of the file. Default false. */
  readonly wrap?: boolean;
}

const IN_FLIGHT = { closed: 64, open: 2000, stream: 4 } as const;

/** Runs a load in this process. */
export function runLoad(options: LoadOptions): Promise<LoadResult> {
  const mode = options.mode ?? 'closed';
  const common = {
    address: options.address,
    path: options.path,
    requests: readRequests(options.file),
    first: options.first ?? 0,
    inFlight: options.inFlight ?? IN_FLIGHT[mode],
    warmupMs: options.warmupMs ?? 1000,
    durationMs: options.durationMs ?? 5000,
    maxCalls: options.maxCalls ?? Number.POSITIVE_INFINITY,
  };
  if (mode === 'stream') return runStreaming({ ...common, streams: options.streams ?? 1 });
  const rate = mode === 'open' ? (options.rate ?? 0) : 0;
  if (mode === 'open' && !(rate > 0)) throw new RangeError('open mode needs a rate');
  return runUnary({ ...common, rate, wrap: options.wrap ?? false });
}

const [, entry, argument] = process.argv;
if (entry !== undefined && import.meta.url === pathToFileURL(entry).href) {
  const result = await runLoad(JSON.parse(argument ?? '{}') as LoadOptions);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
