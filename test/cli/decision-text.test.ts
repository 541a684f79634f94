import { expect, it } from 'vitest';
import { printDecision } from '../../src/cli/decision-text.js';
import type { Host } from '../../src/cli/host.js';
import { createOutput } from '../../src/cli/output.js';
import type { DecisionRecord, LimitUse } from '../../src/decisions/record.js';
import { toDecision } from '../../src/server/grpc/convert/decision.js';
import { sampleRecord } from '../server/support/records.js';

const COUNTED = { ruleSet: 'limits', periodStart: 0, refunds: 'keep' } as const;
const USES: readonly LimitUse[] = [
  { ...COUNTED, limit: 'a', state: 'held', counter: 'c', capMinor: 50_000, usedMinor: 12_000 },
  { ...COUNTED, limit: 'b', state: 'refused', counter: 'c', capMinor: 50_000, usedMinor: 49_999 },
  { ...COUNTED, limit: 'c', state: 'unheld', why: 'no-rate', lacks: '' },
  { ...COUNTED, limit: 'd', state: 'unheld', why: 'no-key', lacks: 'owner' },
];

function shown(record: DecisionRecord): string {
  let text = '';
  const print = (more: string): void => void (text += more);
  const host = { environment: {}, stdoutIsTerminal: false, columns: undefined, print } as unknown as Host;
  printDecision(createOutput(host, false), toDecision(record), false);
  return text;
}

it('a decision that is shown says which canaries ran, and whether one decided', () => {
  const lot = { ruleSet: 'velocity', version: 5, since: 7, share: 0.05, draw: 0.01, drawn: true };
  const other = { ...lot, ruleSet: 'email', share: 0, drawn: false };
  const lots = [lot, { ...lot, version: 6, draw: 0.5, drawn: false }, other];
  expect(shown(sampleRecord({ lots }))).toContain(
    'velocity v5 decided (drawn for a share of 5 %), velocity v6 not drawn (a share of 5 %), ' +
      'email v5 was not asked: another canary decided',
  );
  expect(shown(sampleRecord())).not.toContain('canaries');
});

it('a decision that is shown says of each limit what became of it; one that could not be held has no cap', () => {
  const rows = shown(sampleRecord({ limits: USES }))
    .split('\n')
    .filter((line) => line.startsWith('limits/'));
  expect(rows.map((row) => row.trim().split(/ {2,}/).slice(2))).toEqual([
    ['500.00', '120.00', 'held'],
    ['500.00', '499.99', 'refused'],
    ['no rate'],
    ['no key: owner'],
  ]);
});
