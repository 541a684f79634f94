import type { MongoClient } from 'mongodb';
import { mongodProcess, type MongodProcess } from './mongod-process.js';

const SET = 'tollgate';
/** So many writes of its own has a primary that is killed. */
const ALONE = 20;

/** A MongoDB server of its own that a test may kill and start again on the same data. */
export interface KillableMongod {
  readonly uri: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops it in its tracks, connections open, until it is thawed. */
  freeze(): void;
  thaw(): void;
  remove(): Promise<void>;
}

/** Starts one: a replica set of one node, or a standalone. */
export async function killableMongod(binary: string, replicaSet = true): Promise<KillableMongod> {
  const server = await mongodProcess(binary, replicaSet ? SET : undefined);
  const start = async (): Promise<void> => {
    await server.start();
    if (!replicaSet) return;
    await initiate([server]).catch(() => undefined);
    await primaryOf([server]);
  };
  await start();
  const { address } = server;
  const uri = replicaSet
    ? `mongodb://${address}/?replicaSet=${SET}`
    : `mongodb://${address}/?directConnection=true`;
  return {
    uri,
    start,
    kill: () => server.kill(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    remove: () => server.remove(),
  };
}

/** A replica set of three nodes of which a test may kill one. */
export interface KillableReplicaSet {
  readonly uri: string;
  /** The primary gives its role up, to another one. */
  stepDown(): Promise<void>;
  /**
   * Kills the primary when it has written what no other one has, and resolves with a way to start it again once another
   * one is primary. Needs writes under way.
   */
  killPrimary(): Promise<() => Promise<void>>;
  /** Stops the primary, or all others, in their tracks, connections open; what it resolves with lets them go on. */
  freeze(which: 'primary' | 'others'): Promise<() => void>;
  remove(): Promise<void>;
}

/** Starts three; they elect another primary after about two seconds, not ten. */
export async function killableReplicaSet(
  binary: string,
  electionTimeoutMillis = 2_000,
): Promise<KillableReplicaSet> {
  const members: MongodProcess[] = [];
  for (let member = 0; member < 3; member++) members.push(await mongodProcess(binary, SET));
  await Promise.all(members.map((member) => member.start()));
  await initiate(members, electionTimeoutMillis);
  await primaryOf(members);
  return {
    uri: `mongodb://${members.map(({ address }) => address).join()}/?replicaSet=${SET}`,
    async stepDown() {
      const primary = await primaryOf(members);
      await primary.admin((client) => client.db('admin').command({ replSetStepDown: 60 }));
      await primaryOf(members.filter((member) => member !== primary));
    },
    async killPrimary() {
      const primary = await primaryOf(members);
      const others = members.filter((member) => member !== primary);
      for (const other of others) other.freeze();
      await primary.admin(writesAlone);
      await primary.kill();
      for (const other of others) other.thaw();
      await primaryOf(others);
      return () => primary.start();
    },
    async freeze(which) {
      const primary = await primaryOf(members);
      const frozen = members.filter((member) => (member === primary) === (which === 'primary'));
      for (const member of frozen) member.freeze();
      return () => {
        for (const member of frozen) member.thaw();
      };
    },
    async remove() {
      await Promise.all(members.map((member) => member.remove()));
    },
  };
}

/** Waits until a primary has written what no majority has, or has noticed that there is none. */
async function writesAlone(client: MongoClient): Promise<void> {
  const log = client.db('local').collection('oplog.rs');
  for (;;) {
    const hello = await client.db('admin').command({ hello: 1 });
    if (hello['isWritablePrimary'] !== true) return;
    const { ts } = (hello['lastWrite'] as { majorityOpTime: { ts: unknown } }).majorityOpTime;
    if ((await log.find({ ts: { $gt: ts } }, { limit: ALONE }).toArray()).length === ALONE) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function initiate(servers: readonly MongodProcess[], electionTimeoutMillis = 2_000): Promise<void> {
  const members = servers.map(({ address }, _id) => ({ _id, host: address }));
  const settings = { electionTimeoutMillis, heartbeatIntervalMillis: 500 };
  const config = { _id: SET, members, settings };
  await servers[0]?.admin((client) => client.db('admin').command({ replSetInitiate: config }));
}

/** Waits until one of these servers, all of which run, is the primary. */
async function primaryOf(servers: readonly MongodProcess[]): Promise<MongodProcess> {
  for (;;) {
    for (const server of servers) {
      const hello = await server.admin((client) => client.db('admin').command({ hello: 1 }));
      if (hello['isWritablePrimary'] === true) return server;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
