import { MongoClient } from 'mongodb';
import type { Collection, CollectionOptions, Db, Document, MongoClientOptions } from 'mongodb';
import { storeUnavailable } from '../../errors/store-unavailable.js';
import { BadAddress, isConnectionLoss, notOpened, toStoreError } from './errors.js';
import { COLLECTIONS } from './indexes.js';
import type { ResolvedOptions } from './options.js';

/** Wire protocol of MongoDB 6.0. */
const OLDEST_WIRE_VERSION = 17;
/** How long to look for a primary, ms. */
const PRIMARY_MS = 2_000;
/** Connections at most, without those of pings. */
const CONNECTIONS = 20;
/** How long opening may look for one, ms: the driver itself gives up before. */
const OPEN_MS = 10_000;
const PROBE_PAUSE_MS = 100;
/** How long a write may take when the server is suspected to be away, ms. */
const PROBE_MS = 1_000;
/** How long a step takes until the server is suspected, ms. */
const WORRY_MS = 1_000;
/**
 * How long a connection may be silent while an answer is waited for, ms. Nobody waits for it any more then, but what
 * goes through the same session does, and so does whoever finds all connections taken.
 */
const SILENT_MS = 4_000;

/**
 * The way to the database. Every call of the store passes `run`: errors of the driver become STORE_UNAVAILABLE there,
 * nothing hangs, and once the server is known to be away calls fail at once until a write in the background succeeds: a
 * primary that has lost its majority answers every question, but keeps nothing.
 */
export class Connection {
  readonly #client: MongoClient;
  /** For probes alone: they must not queue behind the calls they are to judge. */
  readonly #probe: MongoClient;
  /** For steps that take long, and for what waits all the time. */
  readonly #patient = new Set<MongoClient>();
  readonly #options: ResolvedOptions;
  readonly #common: MongoClientOptions;
  #down: { readonly cause: unknown; readonly healed: Promise<void> } | undefined;
  #suspected = false;
  /** Steps so far that a majority has confirmed. */
  #written = 0;
  #closed = false;
  #outages = 0;
  readonly #underWay = new Set<(cause: unknown) => void>();
  /** A mongos answers: writes to several shards have no common order. */
  sharded = false;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#common = {
      appName: 'tollgate',
      serverApi: { version: '1', strict: true, deprecationErrors: true },
      serverSelectionTimeoutMS: PRIMARY_MS,
      connectTimeoutMS: 2_000,
      // A server that is silent for as long as both together is given up by the driver, with all that waits for it.
      heartbeatFrequencyMS: 500,
      writeConcern: { w: 'majority', journal: true },
      waitQueueTimeoutMS: options.callTimeoutMs,
    };
    this.#probe = new MongoClient(options.uri, {
      ...this.#common,
      maxPoolSize: 2,
      socketTimeoutMS: 5_000,
    });
    this.#client = new MongoClient(options.uri, {
      ...this.#common,
      readConcern: { level: 'majority' },
      readPreference: 'primary',
      retryWrites: true,
      retryReads: true,
      socketTimeoutMS: SILENT_MS,
      maxPoolSize: CONNECTIONS,
      minPoolSize: 2,
      ignoreUndefined: true,
    });
    mustKeepPromises(this.#client);
  }

  get closed(): boolean {
    return this.#closed;
  }

  get client(): MongoClient {
    return this.#client;
  }

  get db(): Db {
    return this.#dbOf(this.#client);
  }

  collection<T extends Document>(name: string, options?: CollectionOptions): Collection<T> {
    return this.db.collection<T>(name, options);
  }

  /** Connects; refuses what the store's promises cannot be kept on. */
  async open(): Promise<void> {
    // By itself, not as a step: what is wrong with the way there is told in the driver's words.
    await this.#within(this.#client.connect(), OPEN_MS).catch((error: unknown) => {
      throw error === TIMED_OUT ? storeUnavailable('it does not answer') : toStoreError(notOpened(error));
    });
    const hello = await this.run(() => this.#client.db('admin').command({ hello: 1 }), 10_000);
    this.sharded = hello['msg'] === 'isdbgrid';
    if (!this.sharded && typeof hello['setName'] !== 'string')
      throw new BadAddress(
        'this MongoDB server is a standalone: Tollgate needs a replica set (one member is enough) or a sharded cluster',
      );
    if (Number(hello['maxWireVersion']) < OLDEST_WIRE_VERSION)
      throw new BadAddress('this MongoDB server is too old: Tollgate needs MongoDB 6.0 or later');
    await this.run(() => this.#probeBy(this.#probe));
  }

  /** Throws STORE_UNAVAILABLE where the server is known to be away. */
  mustBeThere(): void {
    if (this.#closed) throw storeUnavailable('it is closed');
    if (this.#down) throw storeUnavailable('it is away', this.#down.cause);
  }

  /** Runs one step against the server, for at most `timeoutMs`. The step itself may go on after that. */
  async run<T>(step: () => Promise<T>, timeoutMs = this.#options.callTimeoutMs): Promise<T> {
    this.mustBeThere();
    const outages = this.#outages;
    const worry = this.#options.world.timers.after(Math.min(WORRY_MS, timeoutMs), () => void this.#suspect());
    let abandon: (cause: unknown) => void = () => undefined;
    const abandoned = new Promise<never>((_, reject) => (abandon = reject));
    this.#underWay.add(abandon);
    try {
      return await this.#within(Promise.race([step(), abandoned]), timeoutMs);
    } catch (error) {
      // What broke before the last outage was over says nothing about now.
      if (isConnectionLoss(error) && outages === this.#outages) this.#trip(error);
      throw error === TIMED_OUT ? storeUnavailable('it does not answer') : toStoreError(error);
    } finally {
      this.#underWay.delete(abandon);
      worry();
    }
  }

  /** Runs a step that ends with a majority's word: while such steps end, others are slow and the server is there. */
  async write<T>(step: () => Promise<T>, timeoutMs?: number): Promise<T> {
    const result = await this.run(step, timeoutMs);
    this.#written += 1;
    return result;
  }

  /** Runs one step that the server may be at for long without a word: on a connection of its own. */
  async patiently<T>(step: (db: Db) => Promise<T>, timeoutMs: number): Promise<T> {
    this.mustBeThere();
    const options = { ...this.#common, maxPoolSize: 1, socketTimeoutMS: timeoutMs };
    const client = new MongoClient(this.#options.uri, options);
    this.#patient.add(client);
    try {
      return await this.run(() => step(this.#dbOf(client)), timeoutMs);
    } finally {
      this.#patient.delete(client);
      await client.close(true);
    }
  }

  /** A client of its own for what waits on the server all the time; ends with this one. */
  waiting(): MongoClient {
    this.mustBeThere();
    const client = new MongoClient(this.#options.uri, {
      ...this.#common,
      readConcern: { level: 'majority' },
      maxPoolSize: 1,
      socketTimeoutMS: SILENT_MS,
    });
    this.#patient.add(client);
    return client;
  }

  /** The database as a client sees it. */
  dbOf(client: MongoClient): Db {
    return this.#dbOf(client);
  }

  /** Ends a client that was waiting. */
  async waited(client: MongoClient): Promise<void> {
    this.#patient.delete(client);
    await client.close(true);
  }

  /** Resolves when the server is there, at most after `timeoutMs`. */
  async healed(timeoutMs: number): Promise<void> {
    if (!this.#down || this.#closed) return;
    await this.#within(this.#down.healed, timeoutMs).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const clients = [this.#client, this.#probe, ...this.#patient];
    await Promise.allSettled(clients.map((client) => client.close(true)));
  }

  #named(): string {
    const { pathname } = new URL(this.#options.uri.replace(/^mongodb(\+srv)?:\/\/[^/]*/, 'http://x'));
    return pathname.length > 1 ? decodeURIComponent(pathname.slice(1)) : 'tollgate';
  }

  #dbOf(client: MongoClient): Db {
    return client.db(this.#options.database ?? this.#named());
  }

  /** A write that a majority has to confirm. */
  async #probeBy(client: MongoClient): Promise<void> {
    const meta = this.#dbOf(client).collection<{ readonly _id: string }>(COLLECTIONS.meta);
    await meta.updateOne({ _id: 'probe' }, { $inc: { n: 1 } }, { upsert: true });
  }

  #within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const cancel = this.#options.world.timers.after(timeoutMs, () => reject(TIMED_OUT));
      work.then(
        (value) => {
          cancel();
          resolve(value);
        },
        (error: unknown) => {
          cancel();
          reject(error);
        },
      );
    });
  }

  /** One slow step is no outage: only when a probe gets no answer either, and no other write did meanwhile. */
  async #suspect(): Promise<void> {
    if (this.#suspected || this.#down || this.#closed) return;
    this.#suspected = true;
    for (let again = true; again;) {
      const before = this.#written;
      again = false;
      try {
        await this.#within(this.#probeBy(this.#probe), PROBE_MS);
      } catch (error) {
        again = error === TIMED_OUT && this.#written > before;
        if (!again) this.#trip(error);
      }
    }
    this.#suspected = false;
  }

  #trip(cause: unknown): void {
    if (this.#down || this.#closed) return;
    this.#outages += 1;
    this.#down = { cause, healed: this.#heal() };
    for (const abandon of this.#underWay) abandon(storeUnavailable('it went away', cause));
  }

  async #heal(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#within(this.#probeBy(this.#client), this.#options.callTimeoutMs);
        break;
      } catch {
        await new Promise<void>((resolve) => this.#options.world.timers.after(PROBE_PAUSE_MS, resolve));
      }
    }
    this.#down = undefined;
  }
}

/** Some options of a URI go before what a program asks for. */
function mustKeepPromises({ options }: MongoClient): void {
  const { writeConcern, readConcern, readPreference } = options;
  const weak = [
    writeConcern.w === 'majority' ? '' : 'w',
    writeConcern.journal === true ? '' : 'journal',
    readConcern.level === 'majority' ? '' : 'readConcernLevel',
    readPreference.mode === 'primary' ? '' : 'readPreference',
  ].filter((name) => name !== '');
  if (weak.length > 0)
    throw new BadAddress(
      `leave ${weak.join(' and ')} out of its URI: what is answered must be kept by a majority, on disk`,
    );
}

const TIMED_OUT = new Error('timed out');
