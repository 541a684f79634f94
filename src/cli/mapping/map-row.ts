import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { MoneySchema, PaymentKind, PaymentSchema, type Payment } from '../../gen/tollgate/v1/payment_pb.js';
import { currencyExponent } from '../../money/currencies.js';
import { parseMinor } from '../../money/decimal.js';
import { isoMoment } from './iso-moment.js';
import type { AmountRule, MapFile, TimeRule } from './map-file.js';

/** Something about a payment that became known after it. */
export type LaterKnown =
  | { readonly kind: 'label'; readonly knownAt: number; readonly fraud: boolean }
  | { readonly kind: 'authorised'; readonly knownAt: number }
  | { readonly kind: 'declined'; readonly knownAt: number; readonly code: string };

/** A row of the file as a payment. */
export interface MappedRow {
  /** Epoch ms. */
  readonly at: number;
  readonly requestId: string;
  readonly payment: Payment;
  /** What it really was; undefined when the map has no label. */
  readonly fraud: boolean | undefined;
  readonly later: readonly LaterKnown[];
}

/** What cannot be used in a row: which key of the map, and why. */
export interface RowProblem {
  readonly problem: string;
}

/** Gives the text of a column. */
export type RowValues = (column: string) => string;

/** Every column the map reads. */
export function mappedColumns(map: MapFile): readonly string[] {
  const { time, amount, label, outcome } = map;
  const columns = [
    ...map.requestId.columns,
    ...map.fields.flatMap((field) => field.template.columns),
    time.column,
    amount.column,
    amount.currencyColumn,
    label?.column,
    outcome?.column,
    outcome?.codeColumn,
  ];
  return [...new Set(columns.filter((column) => column !== undefined))];
}

/** No date is further from 1970, in ms. */
const LAST_MOMENT = 8.64e15;

function timeOf(rule: TimeRule, text: string): number | RowProblem {
  if (rule.unit === 'iso') {
    const ms = isoMoment(text);
    return Number.isNaN(ms) ? { problem: `time: '${text}' is not a moment (ISO 8601)` } : ms;
  }
  const number = text.trim() === '' ? NaN : Number(text);
  const ms = rule.baseMs + Math.round(rule.unit === 'seconds' ? number * 1000 : number);
  return Math.abs(ms) <= LAST_MOMENT ? ms : { problem: `time: '${text}' is not a number of ${rule.unit}` };
}

const AMOUNT_PROBLEMS = {
  malformed: 'is not a decimal number',
  'too-precise': 'has more decimals than its currency or the map allows',
  'too-large': 'is too large',
} as const;

function amountOf(
  rule: AmountRule,
  text: string,
  currencyText: string,
): { readonly minor: number; readonly currency: string } | RowProblem {
  const currency = currencyText === '' ? (rule.defaultCurrency ?? '') : currencyText;
  const exponent = currencyExponent(currency);
  if (exponent === undefined) return { problem: `amount: '${currency}' is no ISO 4217 currency` };
  const decimals = Math.min(exponent, rule.decimals ?? exponent);
  const parsed = parseMinor(text, rule.unit === 'minor' ? 0 : decimals);
  if ('problem' in parsed) return { problem: `amount: '${text}' ${AMOUNT_PROBLEMS[parsed.problem]}` };
  const minor = rule.unit === 'minor' ? parsed.ok : parsed.ok * 10 ** (exponent - decimals);
  if (minor < 0) return { problem: `amount: '${text}' is below zero` };
  if (!Number.isSafeInteger(minor)) return { problem: `amount: '${text}' is too large` };
  if (minor === 0 && rule.zero === 'refuse') {
    return { problem: 'amount: it is zero; the map can say "zero": "card-check" in \'amount\'' };
  }
  return { minor, currency };
}

/** Turns rows into payments as the map says. `row` counts from 1. */
export function rowMapper(map: MapFile): (values: RowValues, row: number) => MappedRow | RowProblem {
  return (values, row) => {
    const requestId = map.requestId.render(values, row);
    if (requestId === '') return { problem: 'requestId: it is empty' };
    const at = timeOf(map.time, values(map.time.column));
    if (typeof at !== 'number') return at;
    const currencyText = map.amount.currencyColumn === undefined ? '' : values(map.amount.currencyColumn);
    const amount = amountOf(map.amount, values(map.amount.column), currencyText);
    if ('problem' in amount) return amount;
    const payment = create(PaymentSchema);
    payment.eventTime = timestampFromMs(at);
    payment.amount = create(MoneySchema, { minor: BigInt(amount.minor), currency: amount.currency });
    if (amount.minor === 0) payment.kind = PaymentKind.CARD_CHECK;
    for (const field of map.fields) {
      const source = field.template.render(values, row);
      const text = field.values === undefined || source === '' ? source : field.values.get(source);
      if (text === undefined) return { problem: `fields.${field.path}: '${source}' is not among its values` };
      const problem = text === '' ? undefined : field.set(payment, text);
      if (problem !== undefined) return { problem: `fields.${field.path}: ${problem}` };
    }
    const later: LaterKnown[] = [];
    const { label, outcome } = map;
    if (outcome !== undefined) {
      const answer = values(outcome.column);
      const knownAt = at + outcome.delayMs;
      const code = outcome.codeColumn === undefined ? answer : values(outcome.codeColumn);
      if (outcome.authorised.has(answer)) later.push({ kind: 'authorised', knownAt });
      else if (answer !== '') later.push({ kind: 'declined', knownAt, code });
    }
    const labelText = label === undefined ? '' : values(label.column);
    const fraud = label === undefined || labelText.trim() === '' ? undefined : label.isFraud(labelText);
    if (labelText.trim() !== '' && fraud === undefined)
      return { problem: `label: '${labelText}' is not a number` };
    if (label !== undefined && fraud !== undefined && (fraud || label.sendGood)) {
      later.push({ kind: 'label', knownAt: at + label.delayMs, fraud });
    }
    return { at, requestId, payment, fraud, later };
  };
}
