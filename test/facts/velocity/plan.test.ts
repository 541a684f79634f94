import { expect, it } from 'vitest';
import type { VelocitySpec } from '../../../src/facts/velocity/specs/velocity-spec.js';
import { planWindows } from '../../../src/facts/velocity/plan.js';
import { hashOf } from './generate.js';

function countOn(site: string): VelocitySpec {
  const window = { type: 'sliding', ms: 3_600_000 } as const;
  const filters = [{ attribute: 'site', values: [site], negated: false }] as const;
  const value = { fn: 'count', of: undefined, kinds: ['payment'], filters, window } as const;
  return {
    by: ['card'],
    value: { ...value, clock: 'event', oncePaid: false, includeCurrent: false },
    over: undefined,
  };
}

it('plans thousands of different questions about one key before the service would seem dead', () => {
  const velocities = Array.from({ length: 4_000 }, (_, at) => countOn(`site-${at}`));
  const plan = planWindows({ velocities, histories: [], habits: [] }, hashOf);
  expect(plan.definitions.length).toBe(1);
  const [layout] = plan.definitions[0]?.layouts ?? [];
  const places = plan.velocities.map(({ value }) => layout?.measures[value.measure]);
  expect(new Set(places.map((place) => `${place?.word}/${place?.bit}`)).size).toBe(4_000);
});

it('answers equal questions from one place', () => {
  const velocities = [countOn('one'), countOn('two'), countOn('one')];
  const { velocities: plans } = planWindows({ velocities, histories: [], habits: [] }, hashOf);
  const [first, second, third] = plans.map(({ value }) => value.measure);
  expect(third).toBe(first);
  expect(second).not.toBe(first);
});
