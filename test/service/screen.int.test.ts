import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  DecisionFlag,
  Outcome,
  RuleState,
  ThreeDsDemand,
} from '../../src/gen/tollgate/v1/decision_service_pb.js';
import {
  failure,
  NOON,
  onBothStores,
  payment,
  range,
  rule,
  ruleSet,
  velocity,
  type Instance,
  type Place,
} from './harness.js';

const CARD_COUNT = { fn: 'count', by: 'card', window: '1h' };

onBothStores('a payment that is screened', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  beforeAll(async () => {
    place = createPlace();
    tollgate = await place.start();
    await tollgate.activate(
      ruleSet('card', [
        rule('three-before', [velocity(CARD_COUNT, 'greaterThanInclusive', 3)], 'review', {
          threeDs: 'challenge',
        }),
      ]),
    );
  });
  afterAll(() => place.remove());

  it('ten of one card at once: each sees those before it, so that exactly seven are hit', async () => {
    const decisions = await Promise.all(
      range(10).map((index) => tollgate.screen(`ten-${index}`, payment({ card: 'ten' }))),
    );
    expect(decisions.filter(({ hits }) => hits.length === 1)).toHaveLength(7);
    const bySequence = decisions.toSorted((a, b) => Number(a.sequence - b.sequence));
    expect(bySequence.map(({ hits }) => hits.length)).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
    expect(new Set(bySequence.map(({ sequence }) => sequence)).size).toBe(10);
  });

  it('ten in one message of a stream are decided in the order sent', async () => {
    const entries = range(10).map((index) => ({
      entry: {
        case: 'screen' as const,
        value: { requestId: `stream-${index}`, payment: payment({ card: 'stream' }) },
      },
    }));
    async function* two() {
      yield { entries: entries.slice(0, 4) };
      yield { entries: entries.slice(4) };
    }
    const decisions = [];
    for await (const { results } of tollgate.decisions.screenStream(two()))
      for (const { result } of results)
        if (result.case === 'screen' && result.value.decision) decisions.push(result.value.decision);
    expect(decisions.map(({ requestId }) => requestId)).toEqual(range(10).map((index) => `stream-${index}`));
    expect(decisions.map(({ hits }) => hits.length)).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
    const sequences = decisions.map(({ sequence }) => Number(sequence));
    expect(sequences).toEqual(range(10).map((index) => (sequences[0] ?? 0) + index));
  });

  it('is answered with all that it binds and by which rules', async () => {
    const before = Date.now();
    const decision = await tollgate.screen('fields', payment({ card: 'fields', minor: 12_345, at: before }));
    expect(decision).toMatchObject({
      requestId: 'fields',
      outcome: Outcome.ACCEPT,
      threeDs: ThreeDsDemand.NONE,
      reasons: [],
      hits: [],
      binding: { site: 'shop', amount: { minor: 12_345n, currency: 'EUR' } },
      flags: [DecisionFlag.UNKNOWN_SITE],
      ruleSets: [{ ruleSet: 'card', version: 1 }],
    });
    expect(decision.id).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
    expect(decision.binding?.instrument).toMatch(/^[0-9a-f]{14}$/);
    expect(decision.ruleSets[0]?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(decision.baseAmount?.currency).toMatch(/^[A-Z]{3}$/);
    expect(Number(decision.baseAmount?.minor)).toBeGreaterThan(0);
    expect(decision.rateId).not.toBe('');
    const decidedAt = timestampMs(decision.decidedAt!);
    expect(decidedAt).toBeGreaterThanOrEqual(before);
    expect(timestampMs(decision.lapsesAt!) - decidedAt).toBe(30 * 60_000);
    expect(timestampMs(decision.eventTime!)).toBe(before);
  });

  it('is bound to its instrument: another card has another digest, the same card the same', async () => {
    const one = await tollgate.screen('bound-1', payment({ card: 'bound-a' }));
    const same = await tollgate.screen('bound-2', payment({ card: 'bound-a', minor: 77 }));
    const other = await tollgate.screen('bound-3', payment({ card: 'bound-b' }));
    expect(same.binding?.instrument).toBe(one.binding?.instrument);
    expect(other.binding?.instrument).not.toBe(one.binding?.instrument);
  });

  it('names the rules that hit, with reason, state and what they ask of 3-D Secure', async () => {
    for (const index of range(3)) await tollgate.screen(`hit-${index}`, payment({ card: 'hit' }));
    expect(await tollgate.screen('hit-3', payment({ card: 'hit' }))).toMatchObject({
      outcome: Outcome.REVIEW,
      threeDs: ThreeDsDemand.CHALLENGE,
      reasons: ['test.three-before'],
      hits: [{ ruleSet: 'card', rule: 'three-before', state: RuleState.HIT, outcome: Outcome.REVIEW }],
    });
  });

  it('without a rate is decided without base amount', async () => {
    const decision = await tollgate.screen('no-rate', payment({ card: 'no-rate', currency: 'MRU' }));
    expect(decision.baseAmount).toBeUndefined();
    expect(decision.rateId).toBe('');
  });

  it('far from its arrival is marked', async () => {
    expect((await tollgate.screen('old', payment({ card: 'old', at: NOON }))).flags).toContain(
      DecisionFlag.EVENT_TIME_SKEW,
    );
    const soon = await tollgate.screen('soon', payment({ card: 'old', at: Date.now() - 60_000 }));
    expect(soon.flags).not.toContain(DecisionFlag.EVENT_TIME_SKEW);
  });

  it('whose rule lacks an input is marked degraded and goes to review, not through', async () => {
    const local = { kind: { case: 'localMethod' as const, value: { method: 'ideal', country: 'NL' } } };
    const decision = await tollgate.screen('degraded', payment({ instrument: local }));
    expect(decision.flags).toContain(DecisionFlag.DEGRADED);
    expect(decision.outcome).toBe(Outcome.REVIEW);
    expect(decision.hits).toMatchObject([{ rule: 'three-before', state: RuleState.UNKNOWN }]);
  });
});

onBothStores('a service that is strict', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  beforeAll(async () => {
    place = createPlace();
    tollgate = await place.start({ sites: 'strict', onSkew: 'refuse' });
    await tollgate.sites.putSite({
      site: { id: 'shop', timeZone: 'Europe/Madrid', country: 'ES', currency: 'EUR' },
    });
  });
  afterAll(() => place.remove());

  it('refuses sites that are not configured, and says so', async () => {
    expect(await failure(tollgate.screen('s-1', payment({ site: 'nowhere' })))).toBe('SITE_UNKNOWN');
    expect((await tollgate.screen('s-2', payment())).flags).toEqual([]);
  });

  it('refuses a registration in time to come, by its own clock where there is no event time', async () => {
    const day = 86_400_000;
    const registered = (id: string, ms: number): Promise<unknown> =>
      tollgate.screen(id, payment({ customer: { registeredAt: timestampFromMs(ms) } }));
    await registered('r-1', Date.now() + day + 10 * 60_000);
    await expect(registered('r-2', Date.now() + day + 20 * 60_000)).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      violations: [
        {
          field: 'payment.customer.registered_at',
          description: "is after the service's clock by more than a day and the skew of 15m",
        },
      ],
    });
  });

  it('refuses event times beyond the skew, naming the field, and keeps nothing of them', async () => {
    const call = tollgate.screen('s-3', payment({ at: NOON }));
    await expect(call).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      violations: [{ field: 'payment.event_time', description: expect.stringMatching(/skew of 15m$/) }],
    });
    expect(await failure(tollgate.decisions.getDecision({ site: 'shop', requestId: 's-3' }))).toBe(
      'DECISION_NOT_FOUND',
    );
  });
});
