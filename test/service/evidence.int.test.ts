import { afterEach, beforeEach, expect, it } from 'vitest';
import { Waivable } from '../../src/gen/tollgate/v1/rule_publishing_pb.js';
import { clientsWith, makeKeys, startAsking } from './callers.js';
import {
  anyCase,
  failure,
  onBothStores,
  payment,
  rule,
  ruleSet,
  type Instance,
  type Place,
} from './harness.js';

const ALWAYS = [{ fact: 'payment.amountMinor', operator: 'greaterThan', value: 0 }];
const documentJson = JSON.stringify(ruleSet('proven', [rule('all', ALWAYS, 'reject')]));
const VERSION = { ruleSet: 'proven', version: 1 };

onBothStores('what speaks for a version', (createPlace) => {
  let place: Place;
  let tollgate: Instance;
  beforeEach(async () => {
    place = createPlace();
    tollgate = await place.start();
  });
  afterEach(() => place.remove());

  it('is never the word of somebody who goes by a name of Tollgate itself', async () => {
    const { rules, lists, snoozes, keys } = tollgate;
    await rules.createVersion({ documentJson, author: 'ann', casesJson: anyCase(false) });
    for (const actor of ['shipped', ' Shipped', 'guardrail', 'development mode', 'development']) {
      const said = { ...VERSION, actor, reason: 'a test' };
      const calls = [
        rules.createVersion({ documentJson, author: actor }),
        rules.putDraft({ ruleSet: 'proven', documentJson, actor }),
        rules.attachCases({ ...said, casesJson: anyCase(false) }),
        rules.waiveEvidence({ ...said, waives: [Waivable.BACKTEST] }),
        rules.activateVersion(said),
        rules.rollBack(said),
        snoozes.createSnooze({ ...said, rule: 'all' }),
        lists.addEntries({ list: 'proven', entries: [{ value: 'v', reason: 'r', actor }] }),
        keys.createKey({ name: 'k', actor }),
      ];
      for (const call of calls) expect(await failure(call)).toBe('INVALID_REQUEST');
    }
    await expect(rules.createVersion({ documentJson, author: 'shipped' })).rejects.toThrow(
      /author: stands for Tollgate itself/,
    );
  });

  it('is no restart: what is not proven does not go live by one', async () => {
    await tollgate.close();
    tollgate = await place.start({ rules: '' });
    const { rules } = tollgate;
    await rules.createVersion({ documentJson, author: 'ann' });
    await tollgate.close();
    tollgate = await place.start({ rules: '' });
    const { ruleSets } = await tollgate.screen('after', payment());
    expect(ruleSets.map(({ ruleSet: id }) => id)).not.toContain('proven');
  });

  it.each([{ hits: [] }, { notHits: [], reasons: [], unknown: [] }, {}, { degraded: false }])(
    'are no cases that expect %j',
    async (expect_) => {
      const stream = [{ payment: {} }];
      const casesJson = JSON.stringify({ cases: [{ name: 'a', stream, expect: expect_ }] });
      const { cases } = await tollgate.rules.createVersion({ documentJson, author: 'ann', casesJson });
      expect([cases?.passed, cases?.failed]).toEqual([0, 0]);
      await tollgate.rules.waiveEvidence({
        ...VERSION,
        actor: 'ben',
        waives: [Waivable.BACKTEST],
        reason: 'a test',
      });
      expect(await failure(tollgate.rules.activateVersion({ ...VERSION, actor: 'ben' }))).toBe('NOT_PROVEN');
    },
  );

  it('are cases that speak of the version, not of what holds anyway or of others', async () => {
    const { rules } = tollgate;
    const attach = async (expectation: object, ruleSets?: readonly string[]) => {
      const one = { name: 'a', stream: [{ payment: {} }], expect: expectation };
      const casesJson = JSON.stringify({ ...(ruleSets && { ruleSets }), cases: [one] });
      const { cases } = await rules.attachCases({ ...VERSION, actor: 'ann', casesJson });
      return [cases?.passed, cases?.failed];
    };
    const other = ruleSet('other', [rule('elsewhere', ALWAYS)]);
    await rules.createVersion({ documentJson, author: 'ann' });
    await rules.createVersion({ documentJson: JSON.stringify(other), author: 'ann' });
    const both = ['other', 'proven'];
    expect(await attach({ hits: ['elsewhere'] }, both)).toEqual([0, 0]);
    expect(await attach({ hits: ['elsewhere', 'all'] }, both)).toEqual([1, 0]);
    expect(await attach({ notReasons: ['no.such.reason'] })).toEqual([0, 1]);
    expect(await attach({ notDue: ['no-such-limit'] })).toEqual([0, 1]);
    expect(await attach({ outcome: 'accept' })).toEqual([0, 1]);
  });

  it('are approvals and waivers of somebody known, once callers have to be', async () => {
    const { rules } = tollgate;
    const { version } = await rules.createVersion({
      documentJson,
      author: 'ann',
      casesJson: anyCase(false),
    });
    const said = { ...VERSION, actor: 'somebody', reason: 'a test' };
    await rules.approveVersion({ ...said, hash: version?.hash ?? '' });
    await rules.waiveEvidence({ ...said, waives: [Waivable.BACKTEST] });
    expect((await rules.getProof(VERSION)).proof).toMatchObject({ ready: true, missing: [] });
    await tollgate.close();
    const keys = await makeKeys(place, { op: { roles: ['operator'] }, ben: { roles: ['approver'] } });
    tollgate = await startAsking(place);
    const [op, ben] = [clientsWith(tollgate, keys.op), clientsWith(tollgate, keys.ben)];
    const { proof } = await op.rules.getProof(VERSION);
    expect(proof?.missing).toEqual([
      'backtest: none is attached, and nobody has waived it',
      'approval: nobody but its authors has approved it, and nobody has waived that',
    ]);
    expect(proof?.evidence.map(({ development }) => development)).toEqual([true, true, true]);
    expect(await failure(op.rules.activateVersion({ ...VERSION, reason: 'a test' }))).toBe('NOT_PROVEN');
    await ben.rules.approveVersion({ ...VERSION, hash: version?.hash ?? '' });
    await op.rules.waiveEvidence({ ...VERSION, waives: [Waivable.BACKTEST], reason: 'a test' });
    expect(await failure(op.rules.activateVersion({ ...VERSION, reason: 'a test' }))).toBe('none');
    const { decision } = await op.decisions.screen({ requestId: 'one', payment: payment() });
    const told = await op.decisions.explainDecision({ id: decision?.id ?? '' });
    const [explained] = told.versions;
    expect(explained?.approvals.map(({ actor, development }) => [actor, development])).toEqual([
      ['somebody', true],
      ['ben', false],
    ]);
    expect(explained?.text).toMatch(/approved by somebody on [^,]+ in development mode, ben on /);
    op.channel.close();
    ben.channel.close();
  });

  it('is bounded, and an approval can be taken back all the same', async () => {
    const { rules } = tollgate;
    const { version } = await rules.createVersion({
      documentJson,
      author: 'ann',
      casesJson: anyCase(false),
    });
    await place.withStore(async (store) => {
      for (let number = 2; number <= 500; number++)
        await store.rules.addEvidence({
          ...VERSION,
          number,
          hash: version?.hash ?? '',
          actor: 'ann',
          at: 0,
          comment: '',
          kind: 'cases',
          casesHash: `${number % 2}`,
          passed: 1,
          failed: 0,
          failures: [],
        });
    });
    tollgate = await place.start();
    const { rules: again } = tollgate;
    const said = { ...VERSION, actor: 'ben', reason: 'a test' };
    const more = again.attachCases({ ...said, casesJson: anyCase(true) });
    await expect(more).rejects.toMatchObject({
      code: 'LIMIT_REACHED',
      message: expect.stringMatching(/500 results of cases.*store a new version/) as string,
    });
    await again.approveVersion({ ...said, hash: version?.hash ?? '' });
    await again.withdrawApproval(said);
    await again.waiveEvidence({ ...said, waives: [Waivable.BACKTEST] });
  });
});
