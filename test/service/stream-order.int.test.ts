import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { expect, it } from 'vitest';
import { EventKind } from '../../src/gen/tollgate/v1/event_service_pb.js';
import { OWN_TIME_WORLD } from '../support/own-time.js';
import { NOON, once, payment, rule, ruleSet, sqlitePlace, velocity } from './harness.js';

const DECLINED = { fn: 'count', by: 'card', window: '24h', events: 'declined' };

it('a payment sees what its stream told before it, however the clock moves on while they are taken in', async () => {
  let time = NOON;
  const world = { ...OWN_TIME_WORLD, clock: { ...OWN_TIME_WORLD.clock, now: () => (time += 1) } };
  const place = sqlitePlace();
  try {
    const tollgate = await place.start({}, world);
    await tollgate.activate(ruleSet('asked', [rule('declined', [velocity(DECLINED, 'greaterThan', 1e9)])]));
    await tollgate.screen('first', payment());
    const declined = {
      site: 'shop',
      eventId: 'declined',
      kind: EventKind.DECLINED,
      requestId: 'first',
      eventTime: timestampFromMs(NOON),
    };
    const entries = [
      { entry: { case: 'event' as const, value: declined } },
      { entry: { case: 'screen' as const, value: { requestId: 'second', payment: payment() } } },
    ];
    for await (const { results } of tollgate.decisions.screenStream(once({ entries })))
      expect(results.map(({ result }) => result.case)).toEqual(['event', 'screen']);
    const { trace } = await tollgate.decisions.getDecision({
      site: 'shop',
      requestId: 'second',
      withTrace: true,
    });
    const counted = trace?.facts.filter(({ fact }) => fact === 'velocity').map(({ valueJson }) => valueJson);
    expect(counted).toEqual(['1']);
  } finally {
    await place.remove();
  }
});
