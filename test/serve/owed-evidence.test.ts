import { expect, it } from 'vitest';
import type { Owed } from '../../src/rules/publish/proving.js';
import { owedEvidence } from '../../src/serve/owed-evidence.js';

const live = (ruleSet: string): Owed => ({
  staged: { ruleSet, scope: 'all', version: 4, stage: 'active', since: 1, sinceAt: 0 },
  owed: ['backtest'],
  waivers: [],
});

it('what is live on a waiver is said in the log when that changes, and counted', async () => {
  const said: unknown[] = [];
  let owed: readonly Owed[] = [];
  const log = {
    warn: (what: unknown) => void said.push(what),
    info: (what: unknown) => void said.push(what),
  };
  const watch = owedEvidence(() => ({ owed: async () => owed }), log);
  await watch.look();
  expect([said, watch.count()]).toEqual([[], 0]);
  owed = [live('velocity'), live('cards')];
  await watch.look();
  await watch.look();
  expect([said, watch.count()]).toEqual([[{ versions: ['cards 4 (all)', 'velocity 4 (all)'] }], 2]);
  owed = [];
  await watch.look();
  expect(said.at(-1)).toBe('all that is live has its evidence');
});
