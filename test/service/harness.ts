import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Client as Channel } from '@grpc/grpc-js';
import { describe } from 'vitest';
import type { Config } from '../../src/config/config.js';
import type { StoredEntry } from '../../src/decisions/ports.js';
import { ControlService } from '../../src/gen/tollgate/v1/control_service_pb.js';
import { DecisionService, type Decision } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import {
  EventService,
  type EventResult,
  type EventSchema,
} from '../../src/gen/tollgate/v1/event_service_pb.js';
import { KeyService } from '../../src/gen/tollgate/v1/key_service_pb.js';
import { ListService } from '../../src/gen/tollgate/v1/list_service_pb.js';
import type { Payment, PaymentSchema } from '../../src/gen/tollgate/v1/payment_pb.js';
import { Waivable } from '../../src/gen/tollgate/v1/rule_publishing_pb.js';
import { RuleService } from '../../src/gen/tollgate/v1/rule_service_pb.js';
import { SiteService } from '../../src/gen/tollgate/v1/site_service_pb.js';
import { SnoozeService } from '../../src/gen/tollgate/v1/snooze_service_pb.js';
import { startService, type Service } from '../../src/main.js';
import { createClient, openChannel, type ChannelTls, type Client } from '../../src/server/grpc/client.js';
import { openMongoStore, type MongoStore } from '../../src/storage/mongo/open.js';
import { openSqliteStore, type SqliteStore } from '../../src/storage/sqlite/store.js';
import { TUNING, type Tuning } from '../../src/serve/decision-options.js';
import type { World } from '../../src/world/world.js';
import { configOf, type Flags } from './harness-config.js';
import { OWN_TIME_WORLD, ownTime } from '../support/own-time.js';
import {
  describeMongo,
  dropDatabase,
  emptyDatabase,
  freshDatabase,
  giveBack,
} from '../support/mongo-suite.js';

export type PaymentInit = MessageInitShape<typeof PaymentSchema>;
export type EventInit = MessageInitShape<typeof EventSchema>;

/** A place to keep things: a fresh file or database. Instances started on it are closed with it. */
export interface Place {
  readonly kind: 'sqlite' | 'mongodb';
  /** What `--store` says. */
  readonly store: string;
  /** Starts an instance; without rules unless the flags say otherwise. `change` goes beyond what flags allow. */
  start(flags?: Flags, world?: World, change?: Partial<Config & Tuning>): Promise<Instance>;
  /** Closes every instance and reads the whole journal, each log in order. */
  journal(): Promise<{ readonly entries: readonly StoredEntry[]; readonly hashKey: Uint8Array }>;
  /** Closes every instance and hands the store itself to `use`. */
  withStore<T>(use: (store: OpenStore) => Promise<T>): Promise<T>;
  remove(): Promise<void>;
}

/** A store as instances have it. */
export type OpenStore = SqliteStore | MongoStore;

/** A running service and typed clients to it. */
export interface Instance {
  readonly service: Service;
  readonly channel: Channel;
  readonly decisions: Client<typeof DecisionService>;
  readonly events: Client<typeof EventService>;
  readonly rules: Client<typeof RuleService>;
  readonly lists: Client<typeof ListService>;
  readonly sites: Client<typeof SiteService>;
  readonly snoozes: Client<typeof SnoozeService>;
  readonly controls: Client<typeof ControlService>;
  readonly keys: Client<typeof KeyService>;
  /** The decision on a payment. */
  screen(requestId: string, payment: PaymentInit): Promise<Decision>;
  /** The results of events sent in one message. */
  record(...events: EventInit[]): Promise<EventResult[]>;
  /** Stores a document and makes it active; its version. */
  activate(document: object): Promise<number>;
  close(graceMs?: number): Promise<void>;
}

/** A golden case that any rule set passes; whether one that asks what a payment lacks is another matter. */
export function anyCase(degraded: boolean): string {
  const expect = { notReasons: ['three-ds.no-card'], degraded };
  return JSON.stringify({ cases: [{ name: 'a payment is decided', stream: [{ payment: {} }], expect }] });
}

/** Gives a version all it needs to go live. */
export async function prove(
  rules: Client<typeof RuleService>,
  ruleSetId: string,
  version: number,
): Promise<void> {
  const said = { ruleSet: ruleSetId, version, actor: 'test' };
  const { cases } = await rules.attachCases({ ...said, casesJson: anyCase(false) });
  if (cases?.failed !== 0) await rules.attachCases({ ...said, casesJson: anyCase(true) });
  await rules.waiveEvidence({ ...said, waives: [Waivable.BACKTEST], reason: 'a test' });
}

/** One suite, run against the embedded store and against MongoDB. */
export function onBothStores(name: string, suite: (createPlace: () => Place) => void): void {
  describe(`${name}, on SQLite`, () => suite(sqlitePlace));
  onMongo(`${name}, on MongoDB`, suite);
}

/** A suite that only makes sense with several instances, or with MongoDB's own faults. */
export function onMongo(name: string, suite: (createPlace: () => Place) => void): void {
  describeMongo(name, (uri) => suite(() => emptyPlace(uri)));
}

/** Clients to a service that listens somewhere; they show a key where one is given. */
export function clientsOf(
  address: string,
  { key, tls }: { readonly key?: string; readonly tls?: ChannelTls } = {},
): Omit<Instance, 'service' | 'close'> {
  const channel = openChannel(address, { 'grpc.use_local_subchannel_pool': 1 }, tls);
  const shown = { now: Date.now, ...(key === undefined ? {} : { key }) };
  const decisions = createClient(DecisionService, channel, shown);
  const events = createClient(EventService, channel, shown);
  const rules = createClient(RuleService, channel, shown);
  return {
    channel,
    decisions,
    events,
    rules,
    lists: createClient(ListService, channel, shown),
    sites: createClient(SiteService, channel, shown),
    keys: createClient(KeyService, channel, shown),
    controls: createClient(ControlService, channel, shown),
    snoozes: createClient(SnoozeService, channel, shown),
    async screen(requestId, payment) {
      const { decision } = await decisions.screen({ requestId, payment });
      if (decision === undefined) throw new Error('an answer without decision');
      return decision;
    },
    async record(...batch) {
      const results: EventResult[] = [];
      for await (const answer of events.recordEvents(once({ events: batch })))
        results.push(...answer.results);
      return results;
    },
    async activate(document) {
      const created = await rules.createVersion({ documentJson: JSON.stringify(document), author: 'test' });
      const version = created.version?.version ?? 0;
      const ruleSet = created.version?.ruleSet ?? '';
      await prove(rules, ruleSet, version);
      await rules.activateVersion({ ruleSet, version, actor: 'test', reason: 'test' });
      return version;
    },
  };
}

export async function* once<T>(message: T): AsyncGenerator<T> {
  yield message;
}

function placeOf(
  kind: Place['kind'],
  store: string,
  open: () => Promise<OpenStore>,
  drop: () => void | Promise<void>,
): Place {
  const running = new Set<Instance>();
  const closeAll = async (): Promise<void> => {
    await Promise.all([...running].map((instance) => instance.close(200)));
  };
  async function withStore<T>(use: (store: OpenStore) => Promise<T>): Promise<T> {
    await closeAll();
    const opened = await open();
    try {
      return await use(opened);
    } finally {
      await opened.close();
    }
  }
  return {
    kind,
    store,
    async start(flags = {}, world = OWN_TIME_WORLD, change = {}) {
      const service = await startService({ ...configOf(store, flags), ...change }, world, {
        ...TUNING,
        ...change,
      });
      const clients = clientsOf(service.grpcAddress);
      let closing: Promise<void> | undefined;
      const instance: Instance = {
        ...clients,
        service,
        close(graceMs) {
          running.delete(instance);
          closing ??= service.close(graceMs).finally(() => clients.channel.close());
          return closing;
        },
      };
      running.add(instance);
      return instance;
    },
    journal: () =>
      withStore(async ({ journal }) => {
        const entries: StoredEntry[] = [];
        for await (const part of journal.scan(new Map(), 1000)) entries.push(...part);
        return { entries, hashKey: journal.hashKey };
      }),
    withStore,
    async remove() {
      await closeAll();
      await drop();
    },
  };
}

/** A file in a folder of its own. */
export function sqlitePlace(): Place {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-service-'));
  const file = join(folder, 'tollgate.db');
  return placeOf(
    'sqlite',
    `sqlite:${file}`,
    () => openSqliteStore({ file, world: OWN_TIME_WORLD }),
    () => rmSync(folder, { recursive: true, force: true }),
  );
}

/** A fresh database on a server; `through` another address, for example of a proxy. */
export function mongoPlace(uri: string, through = uri): Place {
  const database = freshDatabase();
  return placeIn(uri, through, database, () => dropDatabase(uri, database));
}

/** An empty database on the run's own server. */
function emptyPlace(uri: string): Place {
  const database = emptyDatabase();
  return placeIn(uri, uri, database, () => giveBack(uri, database));
}

function placeIn(uri: string, through: string, database: string, drop: () => Promise<void>): Place {
  return placeOf(
    'mongodb',
    withDatabase(through, database),
    () => openMongoStore({ uri, database, world: OWN_TIME_WORLD }),
    drop,
  );
}

function withDatabase(uri: string, database: string): string {
  const [, server = '', query = ''] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)\/?[^?]*(\?.*)?$/.exec(uri) ?? [];
  return `${server}/${database}${query}`;
}

/** Noon of a day on which nothing else happens, epoch ms. */
export const NOON = Date.UTC(2026, 2, 17, 12);

/** What a payment differs in from the usual one. */
export type PaymentChange = Omit<Exclude<PaymentInit, Payment>, '$typeName'> & {
  /** Fingerprint of the card. */
  readonly card?: string;
  readonly minor?: number;
  readonly currency?: string;
  /** Event time, epoch ms. */
  readonly at?: number;
};

/** A card payment of 10.00 EUR. */
export function payment(change: PaymentChange = {}): PaymentInit {
  const { card = 'card-1', minor = 1000, currency = 'EUR', at, ...rest } = change;
  return {
    site: 'shop',
    merchant: 'm-1',
    amount: { minor: BigInt(minor), currency },
    instrument: { kind: { case: 'card', value: { fingerprint: card, bin: '405921' } } },
    ...(at === undefined ? {} : { eventTime: timestampFromMs(at) }),
    ...rest,
  };
}

/** A rule that hits when all conditions hold. */
export function rule(name: string, all: readonly object[], type = 'review', more: object = {}): object {
  return { name, conditions: { all }, event: { type, params: { reason: `test.${name}`, ...more } } };
}

/** A condition on a velocity. */
export function velocity(params: object, operator: string, value: number): object {
  return { fact: 'velocity', params, operator, value };
}

/** A rule-set document. */
export function ruleSet(id: string, rules: readonly object[], more: object = {}): object {
  return { id, description: `set ${id} of a test`, owner: 'tests', rules, ...more };
}

/**
 * Waits until something holds, looking often; how long it took, ms of own time. Fails when that is longer than `ms`:
 * without one it is only a guard against waiting for ever.
 */
export async function until(holds: () => boolean | Promise<boolean>, ms = 60_000): Promise<number> {
  const start = ownTime();
  while (!(await holds())) {
    if (ownTime() - start > ms) throw new Error(`still not so after ${ms} ms`);
    await pause(20);
  }
  return ownTime() - start;
}

/** A short wait. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** What a call failed with: a code of ours, or a gRPC status. */
export async function failure(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    const { code, status } = error as { readonly code?: string; readonly status?: string };
    return code ?? status ?? String(error);
  }
  return 'none';
}

/** Numbers from 0. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
