import {
  CanaryFindingState,
  CanaryMeasure,
  CanaryState,
  DrawBy,
  type CanaryArm,
  type CanaryReport,
} from '../gen/tollgate/v1/rule_publishing_pb.js';
import { readScope, scopeText } from '../rules/publish/scope.js';
import { durationText } from '../world/duration.js';
import { grouped } from './counted.js';
import { timeText } from './decision-text.js';
import type { Output } from './output.js';

const RATES: readonly (readonly [CanaryMeasure, string])[] = [
  [CanaryMeasure.STOPPED, 'rejected or blocked'],
  [CanaryMeasure.REVIEWED, 'in review'],
  [CanaryMeasure.THREE_DS, '3-D Secure'],
  [CanaryMeasure.CHALLENGED, 'challenged'],
];

const SIGNS: Readonly<Record<CanaryFindingState, string>> = {
  [CanaryFindingState.UNSPECIFIED]: '',
  [CanaryFindingState.BREACHED]: 'BROKEN',
  [CanaryFindingState.WITHIN]: 'within',
  [CanaryFindingState.OPEN]: 'open',
};

/** `5 %`. */
export function percentText(share: number): string {
  return `${Number((share * 100).toFixed(4))} %`;
}

/** Prints how a canary does: first what became of it, then the numbers, then why. */
export function printCanaryReport(out: Output, report: CanaryReport): void {
  const { ruleSet, version, stableVersion, scope, settings, findings } = report;
  const stable = stableVersion === 0 ? 'stable' : `stable v${stableVersion}`;
  out.line(verdictText(out, report));
  out.line();
  out.fields([
    ['canary', `${ruleSet} v${version} at ${scopeText(readScope(scope) ?? 'all')}`],
    ['who', settings === undefined ? '' : whoText(settings)],
    ['since', `${timeText(report.since)} (run ${report.revision})`],
    ['looks', looksText(report)],
  ]);
  out.line();
  out.table(
    ['', stable, '95 % interval', `canary v${version}`, '95 % interval'],
    armRows(report.stable, report.canary),
    [1, 3],
  );
  if (findings.length === 0) return;
  out.line();
  out.line(`Found at look ${report.looks} (${timeText(report.lookedAt)}):`);
  for (const { state, text } of findings) {
    const sign = SIGNS[state].padEnd(6);
    out.line(`  ${state === CanaryFindingState.BREACHED ? out.paint('red', sign) : sign}  ${text}`);
  }
}

function verdictText(out: Output, { state, endedBy, looks }: CanaryReport): string {
  if (endedBy !== undefined) {
    const { actor, step, at, reason } = endedBy;
    const why = reason === '' ? '' : `: ${reason}`;
    const itself = state === CanaryState.BREACHED && actor === 'guardrail';
    const what = itself ? 'Rolled back by itself' : `Ended by ${actor} (${step})`;
    return out.paint(itself ? 'red' : 'bold', `${what} at ${timeText(at)}${itself ? '' : why}`);
  }
  if (state === CanaryState.BREACHED) return out.paint('red', 'A limit is broken: it is being rolled back.');
  if (looks === 0) return out.paint('yellow', 'Too few decisions to say anything yet.');
  return out.paint('green', 'It runs; nothing is surely beyond its limit.');
}

function whoText({ share, by, period }: NonNullable<CanaryReport['settings']>): string {
  const who = by === DrawBy.CUSTOMER ? 'customers' : 'cards';
  const long =
    period === undefined ? '' : `, drawn anew every ${durationText(Number(period.seconds) * 1000)}`;
  return `${percentText(share)} of the ${who}${long}`;
}

function looksText({ looks, lookedAt, nextLookAt }: CanaryReport): string {
  const last = looks === 0 ? 'none yet' : `${looks}, the last at ${timeText(lookedAt)}`;
  return nextLookAt === 0n
    ? last
    : `${last}; the next when either version has ${grouped(nextLookAt)} decisions`;
}

function armRows(stable: CanaryArm | undefined, canary: CanaryArm | undefined): string[][] {
  const of = (arm: CanaryArm | undefined, measure: CanaryMeasure): readonly [string, string] => {
    const rate = arm?.rates.find((one) => one.measure === measure);
    if (rate === undefined || arm?.decisions === 0n) return ['-', ''];
    return [shareText(rate.rate), `${shareText(rate.low)} to ${shareText(rate.high)}`];
  };
  const latency = (arm: CanaryArm | undefined, name: 'p50Us' | 'p95Us' | 'p99Us'): string =>
    arm === undefined || arm.decisions === 0n ? '-' : `${(arm[name] / 1000).toFixed(1)} ms`;
  return [
    ['decisions', grouped(stable?.decisions ?? 0n), '', grouped(canary?.decisions ?? 0n), ''],
    ...RATES.map(([measure, name]) => [name, ...of(stable, measure), ...of(canary, measure)]),
    ...(['p50Us', 'p95Us', 'p99Us'] as const).map((name) => [
      `latency ${name.slice(0, 3)}`,
      latency(stable, name),
      '',
      latency(canary, name),
      '',
    ]),
  ];
}

function shareText(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
