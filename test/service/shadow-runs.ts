import type { MessageInitShape } from '@bufbuild/protobuf';
import { expect } from 'vitest';
import type { ListShadowDifferencesRequestSchema } from '../../src/gen/tollgate/v1/rule_service_pb.js';
import type { ShadowDifference, ShadowReport } from '../../src/gen/tollgate/v1/rule_shadow_pb.js';
import { range, rule, ruleSet, until, velocity, type Instance } from './harness.js';

const LANES = 16;
/** Which differences. */
export type Filter = Omit<MessageInitShape<typeof ListShadowDifferencesRequestSchema>, '$typeName'>;

/** A set with one rule: so many payments of a card within an hour before this one. */
export const often = (least: number, more: object = {}): object =>
  ruleSet(
    'often',
    [
      rule(
        'often',
        [velocity({ fn: 'count', by: 'card', window: '1h' }, 'greaterThanInclusive', least)],
        'reject',
      ),
    ],
    more,
  );

/** Stores a document and puts it in shadow; its version. */
export async function shadow(tollgate: Instance, document: object, scope = ''): Promise<number> {
  const { version } = await tollgate.rules.createVersion({
    documentJson: JSON.stringify(document),
    author: 'test',
  });
  const { ruleSet: id = '', version: number = 0 } = version ?? {};
  await tollgate.rules.startShadow({ ruleSet: id, version: number, actor: 'test', scope });
  return number;
}

/** The report, once so many payments are compared or dropped. */
export async function reported(
  { rules }: Instance,
  ruleSetId: string,
  version: number,
  payments: number,
  more: object = {},
): Promise<ShadowReport> {
  await until(async () => {
    const { report } = await rules.getShadowReport({ run: { ruleSet: ruleSetId, version }, ...more });
    return seen(report) >= payments;
  });
  // Once more: what was counted last may have been stored in the middle of reading.
  const { report } = await rules.getShadowReport({ run: { ruleSet: ruleSetId, version }, ...more });
  if (report === undefined) throw new Error('an answer without report');
  expect(seen(report)).toBe(payments);
  return report;
}

/** Payments that were compared or dropped. */
export function seen(report: ShadowReport | undefined): number {
  const { busy = 0n, cold = 0n, closing = 0n } = report?.dropped ?? {};
  return Number((report?.compared ?? 0n) + busy + cold + closing);
}

/** All differences of the newest run. */
export async function differences(
  { rules }: Instance,
  version: number,
  filter: Filter = {},
  ruleSetId = 'often',
): Promise<ShadowDifference[]> {
  const found: ShadowDifference[] = [];
  let pageToken = '';
  do {
    const run = { ruleSet: ruleSetId, version };
    const page = await rules.listShadowDifferences({ run, ...filter, pageToken });
    found.push(...page.differences);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return found;
}

/** Does all of them, so many at a time, in an order that hurries make. */
export async function inLanes<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) await work(items[at] as T, at);
  };
  await Promise.all(range(LANES).map(lane));
}
