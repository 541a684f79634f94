import { currencyExponent } from '../../money/currencies.js';
import { formatMinor } from '../../money/decimal.js';
import { grouped } from '../counted.js';
import type { Output } from '../output.js';
import type { Judged, LabelSummary, Summary } from './summary.js';

function money(minor: number, currency: string): string {
  const [whole = '', fraction] = formatMinor(minor, currencyExponent(currency) ?? 0).split('.');
  return `${grouped(Number(whole))}${fraction === undefined ? '' : `.${fraction}`}`;
}

/** 0 % is none and 100 % all: what is little less or more is never rounded to them. */
export function percent(share: number): string {
  const value = share * 100;
  if (value <= 0 || value >= 100) return `${value} %`;
  if (value < 0.01) return '< 0.01 %';
  if (value > 99.9) return '> 99.9 %';
  return `${value.toFixed(value < 9.995 ? 2 : 1)} %`;
}

function seconds(value: number): string {
  if (value < 60) return `${value.toFixed(1)} s`;
  const whole = Math.round(value);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function judgement(name: string, bar: Judged): readonly string[] {
  return [
    name,
    grouped(bar.fraudPayments),
    percent(bar.fraudPaymentShare),
    percent(bar.fraudMoneyShare),
    bar.precision === null ? '-' : percent(bar.precision),
    grouped(bar.goodPayments),
    percent(bar.goodPaymentShare),
    percent(bar.goodMoneyShare),
  ];
}

function printLabels(out: Output, labels: LabelSummary): void {
  const { fraud, good, baseCurrency: currency } = labels;
  out.line();
  out.line(out.paint('bold', 'Against what the payments really were'));
  out.table(
    ['', 'payments', currency],
    [
      ['fraud', grouped(fraud.payments), money(fraud.money, currency)],
      ['good', grouped(good.payments), money(good.money, currency)],
    ],
    [1, 2],
  );
  out.line();
  out.table(
    [
      'outcome',
      'fraud caught',
      'of fraud',
      'of its money',
      'precision',
      'good stopped',
      'of good',
      'of its money',
    ],
    [judgement('reject or block', labels.stopped), judgement('review too', labels.stoppedOrReviewed)],
    [1, 2, 3, 4, 5, 6, 7],
  );
  if (labels.kinds.length === 0) return;
  out.line();
  out.table(
    ['kind of fraud', 'payments', 'rejected or blocked', 'review too'],
    labels.kinds.map((kind) => [
      kind.kind,
      grouped(kind.payments),
      `${grouped(kind.stopped)} (${percent(kind.stopped / kind.payments)})`,
      `${grouped(kind.stoppedOrReviewed)} (${percent(kind.stoppedOrReviewed / kind.payments)})`,
    ]),
    [1, 2, 3],
  );
}

/** Prints the summary as tables, or as one JSON document. */
export function printSummary(out: Output, summary: Summary): void {
  if (out.json) {
    out.document(summary);
    return;
  }
  const { latencyMs: ms } = summary;
  const counts = (of: Summary['outcomes']): readonly (readonly string[])[] =>
    Object.entries(of).map(([name, { count, share }]) => [name, grouped(count), percent(share)]);
  const repeated = summary.repeated > 0 ? `, ${grouped(summary.repeated)} of them decided before` : '';
  const again = summary.repeatedEvents > 0 ? `, ${grouped(summary.repeatedEvents)} of them known before` : '';
  out.fields([
    ['decisions', `${grouped(summary.decisions)}${repeated}`],
    ['events', `${grouped(summary.events)}${again}`],
    ['wall time', seconds(summary.wallSeconds)],
    ['throughput', `${grouped(Math.round(summary.decisionsPerSecond))} decisions a second`],
    [
      'latency',
      `p50 ${ms.p50} ms, p90 ${ms.p90} ms, p99 ${ms.p99} ms, max ${ms.max} ms (batch sent to answer)`,
    ],
    ['degraded', grouped(summary.degraded)],
    ['unknown site', summary.unknownSite > 0 ? grouped(summary.unknownSite) : ''],
    ['without rate', summary.withoutBaseAmount > 0 ? grouped(summary.withoutBaseAmount) : ''],
    ['errors', grouped(summary.errors.reduce((sum, error) => sum + error.count, 0))],
  ]);
  out.line();
  out.table(['outcome', 'payments', 'share'], counts(summary.outcomes), [1, 2]);
  out.line();
  out.table(['3-D Secure', 'payments', 'share'], counts(summary.threeDs), [1, 2]);
  if (summary.topRules.length > 0) {
    out.line();
    out.table(
      ['rules that hit most', 'payments', 'share'],
      summary.topRules.map(({ rule, count, share }) => [rule, grouped(count), percent(share)]),
      [1, 2],
    );
  }
  if (summary.labels !== null) printLabels(out, summary.labels);
  printErrors(out, summary.errors);
}

/** Prints what was refused, one line a code with the first of it. */
export function printErrors(out: Output, errors: Summary['errors']): void {
  if (errors.length === 0) return;
  out.line();
  out.table(
    ['errors', 'entries', 'the first'],
    errors.map(({ code, count, example }) => [out.paint('red', code), grouped(count), example]),
    [1],
  );
}
