import { describe, expect, it } from 'vitest';
import { SnoozeIndex } from '../../../src/decisions/evaluate/snoozes.js';
import { ATTRIBUTE_INDEX, ATTRIBUTES, type Attribute } from '../../../src/facts/attributes.js';
import type { PaymentContext } from '../../../src/facts/context.js';
import type { PayerAttribute, Snooze } from '../../../src/rules/exceptions/snooze.js';
import type { Scope } from '../../../src/rules/publish/scope.js';

const hash = (attribute: Attribute, value: string): number =>
  value === '' ? 0 : Buffer.from(`${attribute} ${value}`).reduce((sum, byte) => sum * 31 + byte, 7);

function payment(
  known: Partial<Record<Attribute, string>>,
  fingerprint = '',
  group = 'eu',
  token = '',
): PaymentContext {
  const attributes = ATTRIBUTES.map(() => 0);
  for (const [name, value] of Object.entries(known) as [Attribute, string][])
    attributes[ATTRIBUTE_INDEX[name]] = hash(name, value);
  const input = { instrument: { fingerprint, token } };
  return { input, site: { id: 'shop', group }, event: { attributes }, card: known.card ?? '' } as never;
}

let ids = 0;
function snooze(scope: Scope, payer?: readonly [PayerAttribute, string], from = 10, until = 20): Snooze {
  const told = payer && { attribute: payer[0], value: hash(payer[0], payer[1]), shown: '…' };
  return {
    id: `s-${++ids}`,
    ruleSet: 'cards',
    rule: 'burst',
    scope,
    ...(told === undefined ? {} : { payer: told }),
    from,
    until,
    reason: 'r',
    actor: 'a',
    at: 0,
  };
}

function covering(snoozes: readonly Snooze[], context: PaymentContext, at = 15): string[] | undefined {
  const index = new SnoozeIndex(hash, () => false);
  index.replace(snoozes);
  return index.covering(context, at)?.map(({ id }) => id);
}

describe('what is snoozed for a payment', () => {
  it('is nothing without snoozes', () => {
    expect(covering([], payment({ card: 'c' }))).toBeUndefined();
  });

  it('goes by time: from its beginning to before its end', () => {
    const one = snooze('all');
    for (const [at, covered] of [
      [9, false],
      [10, true],
      [19, true],
      [20, false],
    ] as const)
      expect(covering([one], payment({}), at)).toEqual(covered ? [one.id] : undefined);
  });

  it('goes by scope', () => {
    const scopes = ['all', 'site:shop', 'site:other', 'group:eu', 'group:us'] as const;
    const all = scopes.map((scope) => snooze(scope));
    expect(covering(all, payment({}))).toEqual([all[0]!.id, all[1]!.id, all[3]!.id]);
    expect(covering(all, payment({}, '', ''))).toEqual([all[0]!.id, all[1]!.id]);
  });

  it('goes by payer, whatever tells one', () => {
    const jo = snooze('all', ['email', 'jo@example.com']);
    const device = snooze('all', ['device', 'd-1']);
    const everybody = snooze('all');
    const all = [everybody, jo, device];
    expect(covering(all, payment({ email: 'jo@example.com', device: 'd-1' }))).toEqual([
      jo.id,
      device.id,
      everybody.id,
    ]);
    expect(covering([jo, device], payment({ email: 'al@example.com', customer: 'jo@example.com' }))).toBe(
      undefined,
    );
    expect(covering([jo], payment({}))).toBeUndefined();
  });

  it('finds a card by its fingerprint where its account reference tells it', () => {
    const card = snooze('all', ['card', 'fp-1']);
    expect(covering([card], payment({ card: 'par-1' }, 'fp-1'))).toEqual([card.id]);
    expect(covering([card], payment({ card: 'fp-1' }, 'fp-1'))).toEqual([card.id]);
    expect(covering([card], payment({ card: 'par-1' }, 'fp-2'))).toBeUndefined();
  });

  it('finds a card by its token where something else tells it', () => {
    const card = snooze('all', ['card', 'tok-1']);
    expect(covering([card], payment({ card: 'par-1' }, 'fp-1', 'eu', 'tok-1'))).toEqual([card.id]);
    expect(covering([card], payment({ card: 'fp-1' }, 'fp-1', 'eu', 'tok-1'))).toEqual([card.id]);
    expect(covering([card], payment({ card: 'tok-1' }, '', 'eu', 'tok-1'))).toEqual([card.id]);
    expect(covering([card], payment({ card: 'fp-1' }, 'fp-1', 'eu', 'tok-2'))).toBeUndefined();
    // The token of a voucher is no card.
    expect(covering([card], payment({}, '', 'eu', 'tok-1'))).toBeUndefined();
  });

  it('is what was put in last', () => {
    const index = new SnoozeIndex(hash, () => false);
    index.replace([snooze('all')]);
    index.replace([]);
    expect(index.covering(payment({}), 15)).toBeUndefined();
  });
});
