import { setTimeout as pause } from 'node:timers/promises';
import { Waivable } from '../../src/gen/tollgate/v1/rule_publishing_pb.js';
import { DecisionService } from '../../src/gen/tollgate/v1/decision_service_pb.js';
import { RuleService } from '../../src/gen/tollgate/v1/rule_service_pb.js';
import { createClient, openChannel } from '../../src/server/grpc/bridge.js';
import { seeded } from './random.js';
import { screenRequest } from './screen-workload.js';

/** Publishes versions of the rule set of the benchmarks. */
export interface Publisher {
  /** Stores a document with all it needs to go live; its version. */
  push(document: object): Promise<number>;
  activate(version: number): Promise<void>;
  /** Puts a version in shadow in place of any other, or takes out what is in shadow. */
  shadow(version: number, on: boolean): Promise<void>;
  /** What the shadow has said so far, for a note. */
  shadowText(version: number): Promise<string>;
  close(): void;
}

const RULE_SET = 'bench';
const BY = { ruleSet: RULE_SET, actor: 'bench', reason: 'a benchmark' };
const CASES = JSON.stringify({
  cases: [
    {
      name: 'a payment is decided',
      stream: [{ payment: {} }],
      expect: { notReasons: ['three-ds.no-card'], degraded: true },
    },
  ],
});

/** A publisher at a service. */
export function publisher(address: string): Publisher {
  const channel = openChannel(address);
  const rules = createClient(RuleService, channel, { now: Date.now, deadlineMs: 60_000 });
  let shadowed = 0;
  return {
    async push(document) {
      const stored = await rules.createVersion({ documentJson: JSON.stringify(document), author: 'bench' });
      const version = stored.version?.version ?? 0;
      for (const one of [1, version]) {
        const said = { ruleSet: RULE_SET, version: one, actor: 'bench' };
        await rules.attachCases({ ...said, casesJson: CASES });
        await rules.waiveEvidence({ ...said, waives: [Waivable.BACKTEST], reason: 'a benchmark' });
      }
      return version;
    },
    async activate(version) {
      await rules.activateVersion({ ...BY, version });
    },
    async shadow(version, on) {
      if (shadowed === (on ? version : 0)) return;
      if (shadowed > 0) await rules.stopShadow({ ...BY, version: shadowed });
      if (on) await rules.startShadow({ ...BY, version });
      shadowed = on ? version : 0;
    },
    async shadowText(version) {
      const run = { ruleSet: RULE_SET, version, scope: 'all', revision: 0n };
      const { report } = await rules.getShadowReport({ run });
      const { busy = 0n, cold = 0n } = report?.dropped ?? {};
      return `in its last round the shadow judged ${String(report?.compared ?? 0n)} payments, and left out ${String(busy + cold)}`;
    },
    close: () => channel.close(),
  };
}

/** How long after an activation was asked for a decision is made by it, ms, for each of `times` switches to and fro. */
export async function switchTimes(
  publish: Publisher,
  versions: readonly [number, number],
  address: string,
  times: number,
): Promise<number[]> {
  const channel = openChannel(address);
  const decisions = createClient(DecisionService, channel, { now: Date.now, deadlineMs: 60_000 });
  const random = seeded(11);
  const took: number[] = [];
  let asked = 0;
  const decidesBy = async (): Promise<number> => {
    const { decision } = await decisions.screen(screenRequest(asked++, random, 's'));
    return decision?.ruleSets.find(({ ruleSet }) => ruleSet === RULE_SET)?.version ?? 0;
  };
  await publish.activate(versions[0]);
  for (let time = 0; time < times; time += 1) {
    const version = versions[(time + 1) % 2] ?? 0;
    const start = performance.now();
    const activated = publish.activate(version);
    while ((await decidesBy()) !== version) await pause(1);
    took.push(performance.now() - start);
    await activated;
  }
  channel.close();
  return took;
}
