import { isDeepStrictEqual } from 'node:util';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { expect } from 'vitest';
import type { Decision } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { EventKind, type EventResult } from '../../src/gen/tollgate/v1/event_service_pb.js';
import { fromRpcStatus } from '../../src/server/grpc/call-failed.js';
import { ownTime } from '../support/own-time.js';
import { failure, pause, payment, range, rule, ruleSet, until, velocity, type Instance } from './harness.js';

/** Decisions until the load takes other cards: at any moment some limit is being filled. */
const BLOCK = 200;
const CARDS = 4;
const COUNT = { fn: 'count', by: 'card', window: '24h' };
const SENT = { fn: 'count', by: 'card', window: '24h', events: 'sent-to-issuer' };
/** How much of the limit each card has: so many payments of 10.00 EUR may go on. */
const ROOM = 20;

/** Until a lane asks again. Calls that are refused at once would else keep a processor busy for as long as a store is away. */
const RETRY_MS = 100;

/** Two velocities and a cumulative limit over every card. */
export const LOAD_RULES = ruleSet(
  'load',
  [
    rule('payments', [velocity(COUNT, 'greaterThan', 1e9)]),
    rule('sent', [velocity(SENT, 'greaterThan', 1e9)]),
  ],
  {
    limits: [
      {
        name: 'card-day',
        when: { all: [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }] },
        by: ['card'],
        period: 'month',
        cap: { minor: ROOM * 1000, currency: 'EUR' },
        reason: 'limit.card-day',
      },
    ],
  },
);

/** A call that did not work out. */
export interface Failed {
  readonly code: string;
  /** When it began, and how long it took, ms of own time. */
  readonly at: number;
  readonly ms: number;
}

/** Calls that go on until they are stopped. */
export interface Load {
  readonly decided: Map<string, Decision>;
  readonly recorded: Map<string, EventResult>;
  readonly failed: Failed[];
  readonly cards: Set<string>;
  /** How long the slowest call took so far, ms of own time. */
  slowest: number;
  /** Waits until so many more are decided; gives how long that took, ms of own time. */
  goesOn(decisions: number): Promise<number>;
  stop(): Promise<void>;
}

let loads = 0;

/** Screens payments and reports events in so many lanes; what fails is asked again, as a site would. */
export function startLoad(tollgate: Pick<Instance, 'screen' | 'record'>, lanes: number): Load {
  const name = `l${String(loads++)}`;
  let over = false;
  let calls = 0;
  const insist = async (call: () => Promise<void>): Promise<void> => {
    while (!over) {
      const at = ownTime();
      const code = await failure(call());
      const ms = ownTime() - at;
      load.slowest = Math.max(load.slowest, ms);
      if (code === 'none') return;
      load.failed.push({ code, at, ms });
      await pause(RETRY_MS);
    }
  };
  const lane = async (): Promise<void> => {
    while (!over) {
      const index = calls++;
      const requestId = `${name}-${String(index)}`;
      const block = Math.floor(load.decided.size / BLOCK);
      const card = `load-${name}-${String(block)}-${String(index % CARDS)}`;
      load.cards.add(card);
      await insist(async () => {
        load.decided.set(requestId, await tollgate.screen(requestId, payment({ card })));
      });
      if (index % 3 !== 0 || !load.decided.has(requestId)) continue;
      await insist(async () => {
        const [result] = await tollgate.record(sent(requestId));
        if (result?.error !== undefined) throw fromRpcStatus(result.error) ?? new Error(result.error.message);
        if (result !== undefined) load.recorded.set(requestId, result);
      });
    }
  };
  const load: Load = {
    decided: new Map(),
    recorded: new Map(),
    failed: [],
    cards: new Set(),
    slowest: 0,
    async goesOn(decisions) {
      const before = load.decided.size;
      return await until(() => load.decided.size > before + decisions);
    },
    async stop() {
      over = true;
      await running;
    },
  };
  const running = Promise.all(range(lanes).map(lane));
  return load;
}

function sent(requestId: string) {
  const at = timestampFromMs(1_700_000_000_000 + (Number(requestId.split('-')[1]) % 1000));
  return {
    eventId: `e-${requestId}`,
    site: 'shop',
    kind: EventKind.SENT_TO_ISSUER,
    requestId,
    eventTime: at,
    arrivalTime: at,
  };
}

/** All that was acknowledged is there, unchanged, a sample of it replays identical, and events are known. */
export async function expectKept(tollgate: Instance, load: Load): Promise<void> {
  const stored = new Map((await listAll(tollgate, {})).map((decision) => [decision.id, decision]));
  for (const decision of load.decided.values()) {
    const kept = stored.get(decision.id);
    // To put a matcher to each of thousands takes longer than to read them.
    if (!isDeepStrictEqual(kept, decision)) expect(kept).toEqual(decision);
  }
  const decided = [...load.decided.values()];
  await Promise.all(
    decided
      .filter((_, index) => index % Math.ceil(decided.length / 100) === 0)
      .map(async ({ id }) => {
        expect(await tollgate.decisions.replayDecision({ id })).toMatchObject({ identical: true });
      }),
  );
  const recorded = [...load.recorded].slice(0, 1000);
  const results = await tollgate.record(...recorded.map(([requestId]) => sent(requestId)));
  expect(results).toEqual(recorded.map(([, first]) => ({ ...first, repeated: true })));
}

/** Every decision that fits, over all pages. */
async function listAll(
  tollgate: Instance,
  query: { readonly cardFingerprint?: string },
): Promise<Decision[]> {
  const all: Decision[] = [];
  for (let pageToken = ''; ;) {
    const page = await tollgate.decisions.listDecisions({ ...query, pageSize: 1000, pageToken });
    all.push(...page.decisions);
    pageToken = page.nextPageToken;
    if (pageToken === '') return all;
  }
}

/** What rules see of every card is exactly what is stored, and no limit was passed. */
export async function expectExact(tollgate: Instance, cards: Iterable<string>): Promise<void> {
  for (const card of cards) {
    const stored = await listAll(tollgate, { cardFingerprint: card });
    expect(stored.filter(({ limits }) => limits[0]?.reserved === true).length).toBeLessThanOrEqual(ROOM);
    const requestId = `probe-${card}-${String(loads++)}`;
    await tollgate.screen(requestId, payment({ card }));
    const { trace } = await tollgate.decisions.getDecision({ site: 'shop', requestId, withTrace: true });
    const seen = trace?.facts.find(
      ({ paramsJson }) => paramsJson.includes('"fn"') && !paramsJson.includes('sent-to-issuer'),
    );
    expect(Number(seen?.valueJson), card).toBe(stored.length);
  }
}

/** What grpc.health.v1 says of the service as a whole. */
export function health(tollgate: Pick<Instance, 'channel'>): Promise<'SERVING' | 'NOT_SERVING'> {
  return new Promise((resolve, reject) => {
    const bytes = (value: Buffer): Buffer => value;
    tollgate.channel.makeUnaryRequest(
      '/grpc.health.v1.Health/Check',
      bytes,
      bytes,
      Buffer.alloc(0),
      (error, answer) => {
        if (error === null) resolve(answer?.[1] === 1 ? 'SERVING' : 'NOT_SERVING');
        else reject(error);
      },
    );
  });
}

/** The status of /readyz. */
export async function readiness(tollgate: Instance): Promise<number> {
  return (await fetch(`http://${tollgate.service.httpAddress}/readyz`)).status;
}
