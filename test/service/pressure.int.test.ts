import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Caller } from '../../src/decisions/caller.js';
import type { ScreenInput } from '../../src/decisions/decisions.js';
import { ScreenRequestSchema, type StreamResult } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { create, toBinary } from '@bufbuild/protobuf';
import { toPaymentInput } from '../../src/server/grpc/convert/payment.js';
import {
  failure,
  onBothStores,
  once,
  pause,
  payment,
  range,
  until,
  type Instance,
  type PaymentInit,
  type Place,
} from './harness.js';
import { expectExact, LOAD_RULES } from './load.js';

/** As many calls at a time as nobody refuses. */
const FEW = 8;
const CARDS = range(6).map((index) => `card-${String(index)}`);

onBothStores('a service under pressure', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  const start = async (maxInFlight: number): Promise<void> => {
    tollgate = await place.start({ maxInFlight: String(maxInFlight) });
    await tollgate.activate(LOAD_RULES);
  };
  const card = (index: number): PaymentInit => payment({ card: CARDS[index % CARDS.length] ?? '' });
  const isStored = async (requestId: string): Promise<boolean> => {
    const code = await failure(tollgate.decisions.getDecision({ site: 'shop', requestId }));
    expect(['none', 'DECISION_NOT_FOUND']).toContain(code);
    return code === 'none';
  };
  beforeEach(() => {
    place = createPlace();
  });
  afterEach(() => place.remove());

  it('refuses what is too much and keeps nothing of it; the rest is decided, and later everything', async () => {
    await start(FEW);
    const codes = await Promise.all(
      range(300).map((index) => failure(tollgate.screen(`many-${String(index)}`, card(index)))),
    );
    const refused = codes.flatMap((code, index) => (code === 'none' ? [] : [index]));
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(300);
    expect(new Set(codes)).toEqual(new Set(['none', 'OVERLOADED']));
    const stored = await fewAtOnce(range(300), (index) => isStored(`many-${String(index)}`));
    expect(stored).toEqual(codes.map((code) => code === 'none'));
    await fewAtOnce(refused, (index) => tollgate.screen(`many-${String(index)}`, card(index)));
    await expectExact(tollgate, CARDS);
  });

  it('refuses entries of a stream by themselves, in their place', async () => {
    await start(FEW);
    const entries = range(100).map((index) => ({
      entry: {
        case: 'screen' as const,
        value: { requestId: `entry-${String(index)}`, payment: card(index) },
      },
    }));
    const results: StreamResult['result'][] = [];
    for await (const answer of tollgate.decisions.screenStream(once({ entries })))
      results.push(...answer.results.map(({ result }) => result));
    expect(results).toHaveLength(100);
    for (const [index, result] of results.entries()) {
      if (result.case === 'screen') expect(result.value.decision?.requestId).toBe(`entry-${String(index)}`);
      else expect(result).toMatchObject({ case: 'error', value: { code: 8 } });
    }
    expect(results.filter((result) => result.case === 'screen')).toHaveLength(FEW);
    await expectExact(tollgate, CARDS);
  });

  it('keeps nothing of a call that was given up before it was evaluated', async () => {
    await start(1000);
    const input = (requestId: string): ScreenInput => {
      const request = create(ScreenRequestSchema, { requestId, payment: card(0) });
      return {
        requestId,
        payment: toPaymentInput(request.payment!),
        raw: toBinary(ScreenRequestSchema, request),
      };
    };
    const { decisions } = tollgate.service;
    const given = (caller: Partial<Caller>): Caller => ({
      deadline: undefined,
      cancelled: false,
      ...caller,
    });
    expect(await failure(decisions.screen(input('past'), given({ deadline: Date.now() - 1 })))).toBe(
      'DEADLINE_EXCEEDED',
    );
    expect(await failure(decisions.screen(input('gone'), given({ cancelled: true })))).toBe('CANCELLED');
    const leaver = { deadline: undefined, cancelled: false };
    const leaving = decisions.screen(input('leaving'), leaver);
    const following = decisions.screen(input('leaving'), given({}));
    leaver.cancelled = true;
    expect(await failure(leaving)).toBe('CANCELLED');
    // Whoever asked the same meanwhile is not left alone.
    expect(await following).toMatchObject({ repeated: false, record: { requestId: 'leaving' } });
    for (const requestId of ['past', 'gone']) expect(await isStored(requestId)).toBe(false);
    await expectExact(tollgate, CARDS);
  });

  it('with callers that give up at any moment: each decision is there as a whole or not at all', async () => {
    await start(1000);
    const outcomes = await Promise.all(
      range(300).map(async (index) => {
        await pause(index / 10);
        const requestId = `hasty-${String(index)}`;
        const hasty =
          index % 2 === 0 ? { deadlineMs: 1 + (index % 40) } : { signal: AbortSignal.timeout(index % 40) };
        const code = await failure(tollgate.decisions.screen({ requestId, payment: card(index) }, hasty));
        return { requestId, code };
      }),
    );
    for (const { code } of outcomes) expect(['none', 'DEADLINE_EXCEEDED', 'CANCELLED']).toContain(code);
    expect(outcomes.some(({ code }) => code !== 'none')).toBe(true);
    // Once this is answered, all that was sent before it on the same connection has arrived.
    await isStored('hasty-0');
    await until(() => tollgate.service.decisions.inFlight === 0);
    await fewAtOnce(outcomes, async ({ requestId, code }) => {
      const stored = await isStored(requestId);
      if (code === 'none') expect(stored).toBe(true);
      if (!stored) return;
      const replay = await tollgate.decisions.replayDecision({ site: 'shop', requestId });
      expect(replay).toMatchObject({ identical: true });
    });
    await expectExact(tollgate, CARDS);
    expect(tollgate.service.decisions.inFlight).toBe(0);
  });
});

async function fewAtOnce<T, R>(items: readonly T[], call: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += FEW)
    results.push(...(await Promise.all(items.slice(from, from + FEW).map(call))));
  return results;
}
