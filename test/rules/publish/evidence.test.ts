import { describe, expect, it } from 'vitest';
import {
  owedOf,
  readinessOf,
  SHIPPED,
  standingOf,
  type Evidence,
} from '../../../src/rules/publish/evidence.js';

const VERSION = { hash: 'h', author: 'ann', editors: ['eve'] };
type Body = Partial<Evidence> & Pick<Evidence, 'kind'>;

function evidence(...bodies: readonly Body[]): Evidence[] {
  return bodies.map(
    (body, index) =>
      ({
        ruleSet: 'cards',
        version: 1,
        number: index + 1,
        hash: 'h',
        actor: 'ben',
        at: index,
        comment: 'why',
        ...body,
      }) as Evidence,
  );
}

const green = { kind: 'cases', casesHash: 'c', passed: 2, failed: 0, failures: [] } as const;
const red = { ...green, failed: 1 };
const backtest = { kind: 'backtest', report: 'r' } as const;
const approval = { kind: 'approval' } as const;
const ready = (development: boolean, ...bodies: readonly Body[]) =>
  readinessOf(standingOf(evidence(...bodies), VERSION), development);

describe('a version may go live', () => {
  it('with green cases, a backtest and the approval of somebody who did not write it', () => {
    expect(ready(false, green, backtest, approval)).toEqual({ missing: [], waived: [] });
    expect(ready(false).missing).toEqual([
      'golden cases: none are attached',
      'backtest: none is attached, and nobody has waived it',
      'approval: nobody but its authors has approved it, and nobody has waived that',
    ]);
  });

  it('not with red cases, whatever was green before, nor with cases that expect nothing', () => {
    expect(ready(false, green, red, backtest, approval).missing).toEqual(['golden cases: 1 of 3 fail']);
    expect(ready(false, red, green, backtest, approval).missing).toEqual([]);
    expect(ready(false, { ...green, passed: 0 }, backtest, approval).missing).toHaveLength(1);
  });

  it('not on the approval of an author or editor, or one that was withdrawn', () => {
    for (const actor of ['ann', 'eve', 'Ann', 'EVE'])
      expect(ready(false, green, backtest, { ...approval, actor }).missing).toHaveLength(1);
    const withdrawal = { kind: 'withdrawal' } as const;
    expect(ready(false, green, backtest, approval, withdrawal).missing).toHaveLength(1);
    expect(ready(false, green, backtest, approval, { ...withdrawal, actor: 'cid' }).missing).toEqual([]);
    expect(ready(false, green, backtest, approval, withdrawal, approval).missing).toEqual([]);
  });

  it('not on an approval given over red cases that others took the place of', () => {
    const other = { ...green, casesHash: 'd' };
    const lacks = ['approval: nobody but its authors has approved it, and nobody has waived that'];
    expect(ready(false, red, backtest, approval, other).missing).toEqual(lacks);
    expect(ready(false, { ...green, passed: 0 }, backtest, approval, other).missing).toEqual(lacks);
    expect(ready(false, red, backtest, approval, other, approval).missing).toEqual([]);
    // The same cases, green since the lists that they need are there; more cases beside green ones; the first cases.
    expect(ready(false, red, backtest, approval, green).missing).toEqual([]);
    expect(ready(false, green, backtest, approval, other).missing).toEqual([]);
    expect(ready(false, approval, green, backtest).missing).toEqual([]);
    const redder = { ...red, casesHash: 'r' };
    expect(ready(false, green, backtest, approval, redder, other).missing).toEqual([]);
  });

  it('on what was said in development mode only where nobody has an identity', () => {
    const development = { development: true } as const;
    const waiver = { kind: 'waiver', waives: ['backtest', 'approval'], ...development } as const;
    const said = evidence({ ...green, ...development }, { ...approval, ...development }, backtest);
    expect(standingOf(said, VERSION).approvals).toHaveLength(1);
    const { cases, approvals } = standingOf(said, VERSION, true);
    expect([cases?.passed, approvals]).toEqual([2, []]);
    expect(standingOf(evidence(waiver), VERSION, true).waivers).toEqual({});
    expect(Object.keys(standingOf(evidence(waiver), VERSION).waivers)).toEqual(['backtest', 'approval']);
  });

  it('not on evidence for other content', () => {
    const other = [green, backtest, approval].map((one) => ({ ...one, hash: 'other' }));
    expect(ready(false, ...other).missing).toHaveLength(3);
  });

  it('without backtest and approval where somebody has waived them, and it says who', () => {
    const waiver = { kind: 'waiver', waives: ['backtest', 'approval'], comment: 'incident 31' } as const;
    const { missing, waived } = ready(false, green, waiver);
    expect(missing).toEqual([]);
    expect(waived).toEqual([
      { what: 'backtest', actor: 'ben', reason: 'incident 31' },
      { what: 'approval', actor: 'ben', reason: 'incident 31' },
    ]);
  });

  it('without a second person in development, which is recorded as waived', () => {
    const { missing, waived } = ready(true, green, backtest);
    expect(missing).toEqual([]);
    expect(waived).toMatchObject([{ what: 'approval', actor: 'development mode' }]);
    expect(ready(true, green, backtest, approval).waived).toEqual([]);
  });
});

describe('what a version is live without', () => {
  const waiver = { kind: 'waiver', waives: ['backtest', 'approval'] } as const;
  const owed = (...bodies: readonly Body[]) => owedOf(standingOf(evidence(waiver, ...bodies), VERSION));

  it('is owed until it follows', () => {
    expect(owed(green)).toEqual(['backtest', 'approval']);
    expect(owed(green, approval)).toEqual(['backtest']);
    expect(owed(green, approval, backtest)).toEqual([]);
    expect(owed(green, approval, backtest, { kind: 'withdrawal' })).toEqual(['approval']);
  });

  it('is owed by nobody where the release vouches for it', () => {
    expect(owedOf(standingOf(evidence({ ...waiver, actor: SHIPPED }), VERSION))).toEqual([]);
  });
});
