import { Outcome, ThreeDsDemand } from '../gen/tollgate/v1/decision_service_pb.js';
import type {
  ShadowCount,
  ShadowDifference,
  ShadowDropped,
  ShadowReport,
  ShadowVerdict,
} from '../gen/tollgate/v1/rule_shadow_pb.js';
import { currencyExponent } from '../money/currencies.js';
import { formatMinor } from '../money/decimal.js';
import { readScope, scopeText } from '../rules/publish/scope.js';
import { counted, grouped } from './counted.js';
import { enumText, moneyText, outcomeText, timeText } from './decision-text.js';
import type { Output } from './output.js';

/** Rules that are shown; more are in the JSON. */
const RULES = 20;

/** Prints for people what would have changed. */
export function printShadowReport(out: Output, report: ShadowReport): void {
  const { run, compared, changed, baseCurrency } = report;
  const scope = readScope(run?.scope ?? '') ?? 'all';
  const which = `${run?.ruleSet ?? ''} version ${run?.version ?? 0}`;
  const when = run?.running === true ? 'is in shadow' : 'was in shadow';
  const last = run?.lastAt === undefined ? 'nothing yet' : timeText(run.lastAt);
  out.fields([
    ['version', `${which} ${when} for ${scopeText(scope)} (publication ${run?.revision ?? 0n})`],
    ['compared', comparedText(report)],
    ['not compared', droppedText(report.dropped, compared)],
    ['last', last],
    [
      'without a rate',
      report.unpriced === 0n ? '' : `${counted(report.unpriced, 'payment')}, counted without amount`,
    ],
    ['degraded', degradedText(report)],
    [
      'would change',
      out.paint(
        'bold',
        `${counted(changed?.payments ?? 0n, 'payment')}${shareText(changed?.payments, compared)}`,
      ) + `, ${amount(changed, baseCurrency)} ${baseCurrency}`,
    ],
  ]);
  transitions(out, 'outcome', report.outcomes, baseCurrency, (value: Outcome) => outcomeText(out, value));
  transitions(out, '3-D Secure', report.threeDs, baseCurrency, (value: ThreeDsDemand) =>
    enumText(ThreeDsDemand, value),
  );
  rules(out, report);
}

/** Prints some payments that differ. */
export function printExamples(out: Output, examples: readonly ShadowDifference[]): void {
  if (examples.length === 0) return;
  out.line();
  out.table(
    ['decision', 'event time', 'site', 'amount', 'live', 'shadow', 'rules that differ'],
    examples.map((one) => [
      one.decisionId,
      timeText(one.eventTime),
      one.site,
      moneyText(one.baseAmount),
      verdictText(out, one.live),
      verdictText(out, one.shadow),
      one.rules.map(({ rule }) => rule).join(', '),
    ]),
    [3],
    6,
  );
}

interface Cell<T> {
  readonly live: T;
  readonly shadow: T;
  readonly counted?: ShadowCount | undefined;
}

function transitions<T>(
  out: Output,
  what: string,
  cells: readonly Cell<T>[],
  currency: string,
  text: (value: T) => string,
): void {
  const moved = cells.filter(({ live, shadow }) => live !== shadow);
  if (moved.length === 0) return;
  out.line();
  out.table(
    [what, 'would be', 'payments', currency],
    moved
      .toSorted((a, b) => Number((b.counted?.payments ?? 0n) - (a.counted?.payments ?? 0n)))
      .map(({ live, shadow, counted: cell }) => [
        text(live),
        text(shadow),
        grouped(cell?.payments ?? 0n),
        amount(cell, currency),
      ]),
    [2, 3],
  );
}

function rules(out: Output, { rules: all, baseCurrency }: ShadowReport): void {
  const differing = all.filter(({ onlyLive, onlyShadow }) => count(onlyLive) + count(onlyShadow) > 0n);
  if (differing.length === 0) return;
  out.line();
  out.table(
    ['rule', 'hits live', 'hits shadow', 'only live', baseCurrency, 'only shadow', baseCurrency],
    differing
      .slice(0, RULES)
      .map(({ rule, liveHits, shadowHits, onlyLive, onlyShadow }) => [
        rule,
        grouped(liveHits),
        grouped(shadowHits),
        grouped(count(onlyLive)),
        amount(onlyLive, baseCurrency),
        grouped(count(onlyShadow)),
        amount(onlyShadow, baseCurrency),
      ]),
    [1, 2, 3, 4, 5, 6],
  );
  if (differing.length > RULES) out.line(`${differing.length - RULES} more rules differ: see --json.`);
}

function comparedText({ compared, against }: ShadowReport): string {
  const lives = against.filter((one) => one.compared > 0n);
  const names = lives.map(({ version }) => (version === 0 ? 'no version of it' : `version ${version}`));
  const [only] = lives;
  if (only !== undefined && lives.length === 1)
    return `${counted(compared, 'payment')}, against ${names[0] ?? ''}`;
  const parts = lives.map((one, place) => `${grouped(one.compared)} against ${names[place] ?? ''}`);
  return [counted(compared, 'payment'), ...parts].join(', ');
}

function droppedText(dropped: ShadowDropped | undefined, compared: bigint): string {
  const { busy = 0n, cold = 0n, closing = 0n, failed = 0n } = dropped ?? {};
  const all = busy + cold + closing + failed;
  if (all === 0n) return '';
  const reasons = [
    busy === 0n ? '' : `${grouped(busy)} too much to do`,
    cold === 0n ? '' : `${grouped(cold)} a long window not in memory`,
    closing === 0n ? '' : `${grouped(closing)} Tollgate stopped`,
    failed === 0n ? '' : `${grouped(failed)} asking it failed, see the log`,
  ];
  const why = reasons.filter((reason) => reason !== '').join(', ');
  return `${counted(all, 'payment')}${shareText(all, compared + all)}: ${why}`;
}

function degradedText({ degradedLive, degradedShadow }: ShadowReport): string {
  if (degradedLive + degradedShadow === 0n) return '';
  return `${counted(degradedLive, 'payment')} live, ${grouped(degradedShadow)} in shadow: a rule lacked an input or failed`;
}

function shareText(part: bigint | undefined, whole: bigint): string {
  if (whole === 0n) return '';
  return ` (${((100 * Number(part ?? 0n)) / Number(whole)).toFixed(2)} %)`;
}

function verdictText(out: Output, verdict: ShadowVerdict | undefined): string {
  if (verdict === undefined) return '';
  const demand =
    verdict.threeDs > ThreeDsDemand.NONE ? `, 3-D Secure ${enumText(ThreeDsDemand, verdict.threeDs)}` : '';
  return `${outcomeText(out, verdict.outcome)}${demand}`;
}

function count(of: ShadowCount | undefined): bigint {
  return of?.payments ?? 0n;
}

function amount(of: ShadowCount | undefined, currency: string): string {
  return formatMinor(Number(of?.baseMinor ?? 0n), currencyExponent(currency) ?? 0);
}
