import { afterAll, beforeAll, expect, it } from 'vitest';
import { Outcome } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { EventKind } from '../../src/gen/tollgate/v1/event_service_pb.js';
import { ListKind, ListType } from '../../src/gen/tollgate/v1/list_service_pb.js';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import {
  failure,
  onMongo,
  payment,
  range,
  rule,
  ruleSet,
  until,
  velocity,
  type Instance,
  type Place,
} from './harness.js';

const COUNT = { fn: 'count', by: 'card', window: '1h' };
const DECLINED = { fn: 'count', by: 'card', window: '1h', events: 'declined' };
const counting = (reason: string): object =>
  ruleSet('counting', [
    rule(reason, [velocity(COUNT, 'greaterThanInclusive', 0)]),
    rule('declined', [velocity(DECLINED, 'greaterThanInclusive', 0)]),
  ]);
/** How long what one instance changed may take to be in force on the other, ms. Two seconds, and a busy machine. */
const SOON = 5_000;

onMongo('two instances, on MongoDB', (createPlace) => {
  let place: Place;
  let one: Instance;
  let other: Instance;
  let requests = 0;
  const seen = async (tollgate: Instance, card: string, events = 'payment'): Promise<number> => {
    const requestId = `r-${String(requests++)}`;
    await tollgate.screen(requestId, payment({ card }));
    const { trace } = await tollgate.decisions.getDecision({ site: 'shop', requestId, withTrace: true });
    const fact = trace?.facts.find(
      ({ paramsJson }) => paramsJson.includes('declined') === (events === 'declined'),
    );
    return Number(fact?.valueJson);
  };
  beforeAll(async () => {
    place = createPlace();
    one = await place.start();
    await one.activate(counting('first'));
    other = await place.start();
  });
  afterAll(() => place.remove());

  it('see each other’s payments at the next call', async () => {
    for (const index of range(20)) expect(await seen(index % 2 === 0 ? one : other, 'turns')).toBe(index);
  });

  it('see each other’s events at the next call, also of payments the other decided', async () => {
    const { id } = await one.screen('reported', payment({ card: 'reported' }));
    for (const index of range(6)) {
      const [reporter, reader] = index % 2 === 0 ? [other, one] : [one, other];
      const [result] = await reporter.record({
        eventId: `declined-${String(index)}`,
        site: 'shop',
        kind: EventKind.DECLINED,
        decisionId: id,
        code: '51',
        eventTime: timestampFromMs(Date.now() - 1000),
        arrivalTime: timestampFromMs(Date.now() - 1000),
      });
      expect(result?.error).toBeUndefined();
      expect(await seen(reader, 'reported', 'declined')).toBe(index + 1);
    }
  });

  it('read, list and replay what the other decided', async () => {
    const { id } = await one.screen('read', payment({ card: 'read' }));
    expect((await other.decisions.getDecision({ id })).decision?.requestId).toBe('read');
    expect((await other.decisions.replayDecision({ id })).identical).toBe(true);
    const { decisions } = await other.decisions.listDecisions({ cardFingerprint: 'read' });
    expect(decisions.map((decision) => decision.id)).toEqual([id]);
  });

  it('switch together: what one activates the other runs soon', async () => {
    await one.activate(counting('second'));
    expect((await one.screen('own', payment({ card: 'switch' }))).hits[0]?.rule).toBe('second');
    let tries = 0;
    const took = await until(async () => {
      const { hits, ruleSets } = await other.screen(`switch-${String(tries++)}`, payment({ card: 'switch' }));
      expect(hits[0]?.rule).toBe(ruleSets[0]?.version === 2 ? 'second' : 'first');
      return ruleSets[0]?.version === 2;
    }, SOON);
    console.info(`rules in force on the other instance after ${took.toFixed(0)} ms`);
    await other.rules.rollBack({ ruleSet: 'counting', actor: 'test' });
    expect((await other.screen('back', payment({ card: 'switch' }))).ruleSets[0]?.version).toBe(1);
    await until(
      async () =>
        (await one.screen(`back-${String(tries++)}`, payment({ card: 'switch' }))).ruleSets[0]?.version === 1,
      SOON,
    );
  });

  it('follow each other’s lists', async () => {
    await one.lists.createList({
      list: { id: 'blocked', type: ListType.CARD, kind: ListKind.BLOCK, description: 'd', owner: 'o' },
    });
    await one.activate(
      ruleSet('lists', [
        rule(
          'blocked',
          [{ fact: 'list', params: { list: 'blocked' }, operator: 'equal', value: true }],
          'block',
        ),
      ]),
    );
    let tries = 0;
    const outcomeOn = async (tollgate: Instance): Promise<Outcome> =>
      (await tollgate.screen(`listed-${String(tries++)}`, payment({ card: 'listed' }))).outcome;
    await until(
      async () => (await other.screen(`lists-${String(tries++)}`, payment())).ruleSets.length === 2,
      SOON,
    );
    await one.lists.addEntries({
      list: 'blocked',
      entries: [{ value: 'listed', reason: 'test', actor: 'test' }],
    });
    expect(await outcomeOn(one)).toBe(Outcome.BLOCK);
    const took = await until(async () => (await outcomeOn(other)) === Outcome.BLOCK, SOON);
    console.info(`a list entry in force on the other instance after ${took.toFixed(0)} ms`);
    await other.lists.removeEntries({ list: 'blocked', values: ['listed'], actor: 'test', reason: 'test' });
    expect(await outcomeOn(other)).not.toBe(Outcome.BLOCK);
    await until(async () => (await outcomeOn(one)) !== Outcome.BLOCK, SOON);
  });

  it('follow each other’s sites, and change the same one by its etag only', async () => {
    const site = { id: 'new-site', timeZone: 'Europe/Madrid', country: 'ES', currency: 'EUR' };
    const put = await one.sites.putSite({ site });
    await until(
      async () =>
        (await other.screen(`site-${String(requests++)}`, payment({ site: 'new-site' }))).flags.length === 0,
      SOON,
    );
    const etag = put.site?.etag ?? '';
    await other.sites.putSite({ site: { ...site, name: 'changed', etag } });
    for (const late of [etag, 'bogus'])
      expect(await failure(one.sites.putSite({ site: { ...site, etag: late } }))).toBe('STALE_ETAG');
  });

  it('that started later, and when the first has gone, see all that was decided', async () => {
    for (const _ of range(3)) await seen(one, 'later');
    const third = await place.start();
    expect(await seen(third, 'later')).toBe(3);
    await one.close();
    expect(await seen(third, 'later')).toBe(4);
    expect(await seen(other, 'later')).toBe(5);
  });
});
