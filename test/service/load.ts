import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { expect } from 'vitest';
import type { Decision } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { EventKind, type EventResult } from '../../src/gen/tollgate/v1/event_service_pb.js';
import { failure, pause, payment, range, rule, ruleSet, velocity, type Instance } from './harness.js';

/** Cards that the load pays with: few, so that velocities and limits matter. */
export const CARDS = range(6).map((index) => `load-${String(index)}`);
const COUNT = { fn: 'count', by: 'card', window: '24h' };
const SENT = { fn: 'count', by: 'card', window: '24h', events: 'sent-to-issuer' };
/** How much of the limit each card has: so many payments of 10.00 EUR may go on. */
export const ROOM = 20;

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
  /** When it began, and how long it took, ms. */
  readonly at: number;
  readonly ms: number;
}

/** Calls that go on until they are stopped. */
export interface Load {
  readonly decided: Map<string, Decision>;
  readonly recorded: Map<string, EventResult>;
  readonly failed: Failed[];
  /** How long the slowest call took so far, ms. */
  slowest: number;
  stop(): Promise<void>;
}

let loads = 0;

/** Screens payments and reports events in so many lanes; a call that fails is not made again. */
export function startLoad(tollgate: Pick<Instance, 'screen' | 'record'>, lanes: number): Load {
  const name = `l${String(loads++)}`;
  let over = false;
  let calls = 0;
  const timed = async (work: () => Promise<void>): Promise<void> => {
    const at = performance.now();
    const code = await failure(work());
    const ms = performance.now() - at;
    load.slowest = Math.max(load.slowest, ms);
    if (code === 'none') return;
    load.failed.push({ code, at, ms });
    await pause(20);
  };
  const lane = async (): Promise<void> => {
    while (!over) {
      const index = calls++;
      const requestId = `${name}-${String(index)}`;
      await timed(async () => {
        const card = CARDS[index % CARDS.length] ?? '';
        load.decided.set(requestId, await tollgate.screen(requestId, payment({ card })));
      });
      if (index % 3 !== 0 || !load.decided.has(requestId)) continue;
      await timed(async () => {
        const [result] = await tollgate.record(sent(requestId));
        if (result?.error === undefined && result !== undefined) load.recorded.set(requestId, result);
      });
    }
  };
  const load: Load = {
    decided: new Map(),
    recorded: new Map(),
    failed: [],
    slowest: 0,
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

/** All that was acknowledged is there, unchanged, and replays identical; events are known. */
export async function expectKept(tollgate: Instance, load: Load): Promise<void> {
  const decided = [...load.decided];
  for (let from = 0; from < decided.length; from += 100)
    await Promise.all(
      decided.slice(from, from + 100).map(async ([requestId, decision]) => {
        const read = await tollgate.decisions.getDecision({ site: 'shop', requestId });
        expect(read.decision).toEqual(decision);
        expect(await tollgate.decisions.replayDecision({ id: decision.id })).toMatchObject({
          identical: true,
        });
      }),
    );
  const results = await tollgate.record(...[...load.recorded.keys()].slice(0, 1000).map(sent));
  for (const [index, [, first]] of [...load.recorded].slice(0, 1000).entries())
    expect(results[index]).toEqual({ ...first, repeated: true });
}

/** What rules see of every card is exactly what is stored, and no limit was passed. */
export async function expectExact(tollgate: Instance): Promise<void> {
  for (const card of CARDS) {
    const stored: Decision[] = [];
    for (let pageToken = ''; ;) {
      const page = await tollgate.decisions.listDecisions({
        cardFingerprint: card,
        pageSize: 1000,
        pageToken,
      });
      stored.push(...page.decisions);
      pageToken = page.nextPageToken;
      if (pageToken === '') break;
    }
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
