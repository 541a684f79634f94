import type { World } from '../../world/world.js';

/** How to open a MongoDB store. */
export interface MongoStoreOptions {
  /** A replica set or a sharded cluster; MongoDB 6.0 or later. */
  readonly uri: string;
  /** Default: the one the URI names, else `tollgate`. */
  readonly database?: string;
  readonly world: Pick<World, 'clock' | 'timers' | 'randomBytes'>;
  /** How long one step of a call may take before it is given up, ms. Default 2500. */
  readonly callTimeoutMs?: number;
  /** How often this instance gives a sign of life and looks for other instances, ms. Default 1000. */
  readonly beatMs?: number;
  /** How long an instance must be silent before nobody asks for its log any more, ms. Default 30,000. */
  readonly silentMs?: number;
  /** Follow other logs by their published marks, as sharded clusters need it. Default: when the server is a mongos. */
  readonly followMarks?: boolean;
}

/** The same with every default filled in. */
export type ResolvedOptions = Readonly<
  Required<Omit<MongoStoreOptions, 'database' | 'followMarks'>> & {
    database: string | undefined;
    followMarks: boolean | undefined;
  }
>;

/** Fills in the defaults; throws on what cannot be meant. */
export function resolveOptions(options: MongoStoreOptions): ResolvedOptions {
  const resolved = {
    uri: options.uri,
    database: options.database,
    world: options.world,
    callTimeoutMs: options.callTimeoutMs ?? 2_500,
    beatMs: options.beatMs ?? 1_000,
    silentMs: options.silentMs ?? 30_000,
    followMarks: options.followMarks,
  };
  for (const name of ['callTimeoutMs', 'beatMs', 'silentMs'] as const) {
    const value = resolved[name];
    if (!Number.isInteger(value) || value <= 0)
      throw new Error(`${name} must be a whole number above 0, not ${value}`);
  }
  if (!/^mongodb(\+srv)?:\/\//.test(options.uri))
    throw new Error('a MongoDB store needs a mongodb:// or mongodb+srv:// URI');
  return resolved;
}
