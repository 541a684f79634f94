import { durationMs } from '../../world/duration.js';
import { isCurrency } from '../../money/currencies.js';
import { SiteSchema, type Site } from '../../gen/tollgate/v1/site_service_pb.js';
import { parseMessage } from '../json-message.js';
import { isoMoment } from './iso-moment.js';
import { paymentField, type FieldSetter } from './payment-field.js';
import { keyReader, type KeyReader } from './key-reader.js';
import { parseTemplate, type Template } from './template.js';

/** A field of the payment and where its text comes from. */
export interface FieldRule {
  readonly path: string;
  readonly template: Template;
  /** What the text is replaced by; a text that is not in it is an error. */
  readonly values: ReadonlyMap<string, string> | undefined;
  readonly set: FieldSetter;
}

/** When the payment was made. */
export interface TimeRule {
  readonly column: string;
  readonly unit: 'seconds' | 'millis' | 'iso';
  /** What numbers count from, epoch ms. */
  readonly baseMs: number;
}

/** How much, and of what. */
export interface AmountRule {
  readonly column: string;
  /** `decimal`: a decimal number of the currency; `minor`: a whole number of its minor units. */
  readonly unit: 'decimal' | 'minor';
  /** Decimal places that may be used; undefined: those of the currency. */
  readonly decimals: number | undefined;
  readonly currencyColumn: string | undefined;
  readonly defaultCurrency: string | undefined;
  /** What an amount of zero is. */
  readonly zero: 'card-check' | 'refuse';
}

/** What the payment turned out to be, and when that became known. */
export interface LabelRule {
  readonly column: string;
  /** undefined: the text says neither. */
  readonly isFraud: (text: string) => boolean | undefined;
  readonly delayMs: number;
  /** Whether good payments are reported as good too. */
  readonly sendGood: boolean;
}

/** What the issuer said. */
export interface OutcomeRule {
  readonly column: string;
  readonly authorised: ReadonlySet<string>;
  /** Column of the decline code; undefined: `column`. */
  readonly codeColumn: string | undefined;
  readonly delayMs: number;
}

/** How a file of payments is read. */
export interface MapFile {
  readonly format: 'csv' | 'ndjson';
  readonly delimiter: string;
  /** Sites to put before the payments. */
  readonly sites: readonly Site[];
  readonly requestId: Template;
  readonly fields: readonly FieldRule[];
  readonly time: TimeRule;
  readonly amount: AmountRule;
  readonly label: LabelRule | undefined;
  readonly outcome: OutcomeRule | undefined;
}

function readFields(reader: KeyReader): readonly FieldRule[] {
  return reader.keys().flatMap((path) => {
    const spec = reader.stringOrObject(path);
    if (spec === undefined) return [];
    const [source, values] =
      typeof spec === 'string' ? [spec, undefined] : [spec.string('from'), spec.optional('values')];
    if (typeof spec !== 'string') spec.done();
    const set = paymentField(path);
    if (typeof set === 'string') reader.problem(path, set);
    if (['amount', 'eventTime'].includes(path.split('.')[0] ?? '')) {
      reader.problem(
        path,
        `it is set by the key '${path.startsWith('amount') ? 'amount' : 'time'}' of the map`,
      );
    }
    const template = source === undefined ? undefined : reader.template(path, source);
    if (template === undefined || typeof set === 'string') return [];
    const replaced = values === undefined ? undefined : new Map(values.entries());
    return [{ path, template, values: replaced, set }];
  });
}

function readTime(reader: KeyReader): TimeRule | undefined {
  const column = reader.string('column');
  const unit = reader.oneOf('unit', ['seconds', 'millis', 'iso'] as const, 'iso');
  const base = reader.optionalString('base');
  reader.done();
  const baseMs = base === undefined ? 0 : isoMoment(base);
  if (Number.isNaN(baseMs))
    reader.problem('base', `'${base ?? ''}' is not a moment like 2018-04-01T00:00:00Z`);
  if (base !== undefined && unit === 'iso') reader.problem('base', "it has no meaning with the unit 'iso'");
  return column === undefined ? undefined : { column, unit, baseMs };
}

function readAmount(reader: KeyReader): AmountRule | undefined {
  const column = reader.string('column');
  const unit = reader.oneOf('unit', ['decimal', 'minor'] as const, 'decimal');
  const decimals = reader.optionalNumber('decimals', 0, 4);
  const currencyColumn = reader.optionalString('currencyColumn');
  const defaultCurrency = reader.optionalString('defaultCurrency');
  const zero = reader.oneOf('zero', ['card-check', 'refuse'] as const, 'refuse');
  reader.done();
  if (defaultCurrency !== undefined && !isCurrency(defaultCurrency)) {
    reader.problem('defaultCurrency', `'${defaultCurrency}' is no ISO 4217 currency`);
  }
  if (currencyColumn === undefined && defaultCurrency === undefined) {
    reader.problem('defaultCurrency', "needed where there is no 'currencyColumn'");
  }
  if (unit === 'minor' && decimals !== undefined)
    reader.problem('decimals', "it has no meaning with the unit 'minor'");
  return column === undefined ? undefined : { column, unit, decimals, currencyColumn, defaultCurrency, zero };
}

function readDelay(reader: KeyReader, fallback: string): number {
  const text = reader.optionalString('delay') ?? fallback;
  const delay = durationMs(text);
  if (delay === undefined) reader.problem('delay', `'${text}' is not a duration like 2s, 15m, 24h or 7d`);
  return delay ?? 0;
}

function readLabel(reader: KeyReader): LabelRule | undefined {
  const column = reader.string('column');
  const when = reader.object('fraudWhen');
  const delayMs = readDelay(reader, '0s');
  const sendGood = reader.optionalBoolean('sendGood') ?? false;
  reader.done();
  const above = when?.optionalNumber('greaterThan');
  const equals = when?.optionalStrings('equals');
  when?.done();
  if (when !== undefined && (above === undefined) === (equals === undefined)) {
    reader.problem(
      'fraudWhen',
      "needs either 'greaterThan' (a number) or 'equals' (a text or a list of texts)",
    );
  }
  if (column === undefined) return undefined;
  const isFraud =
    above === undefined
      ? (text: string) => (equals ?? []).includes(text)
      : (text: string) => (Number.isNaN(Number(text)) ? undefined : Number(text) > above);
  return { column, isFraud, delayMs, sendGood };
}

function readOutcome(reader: KeyReader): OutcomeRule | undefined {
  const column = reader.string('column');
  const authorised = reader.optionalStrings('authorised');
  if (authorised === undefined) reader.problem('authorised', 'missing: the values that mean authorised');
  const codeColumn = reader.optionalString('codeColumn');
  const delayMs = readDelay(reader, '2s');
  reader.done();
  return column === undefined ? undefined : { column, authorised: new Set(authorised), codeColumn, delayMs };
}

function readSites(reader: KeyReader): readonly Site[] {
  return reader.optionalArray('sites').flatMap((json, index) => {
    const parsed = parseMessage(SiteSchema, json);
    if ('message' in parsed) return [parsed.message];
    for (const problem of parsed.problems) reader.problem(`sites[${index}]`, problem);
    return [];
  });
}

/** Reads a map file. All problems are told at once, each naming its key. */
export function parseMapFile(
  json: unknown,
): { readonly map: MapFile } | { readonly problems: readonly string[] } {
  const problems: string[] = [];
  const root = keyReader(json, '', problems, (source) => parseTemplate(source));
  if (root === undefined) return { problems };
  root.optionalString('$comment');
  const format = root.oneOf('format', ['csv', 'ndjson'] as const, 'csv');
  const delimiter = root.optionalString('delimiter') ?? ',';
  if (delimiter.length !== 1) root.problem('delimiter', 'must be one character');
  const idSource = root.string('requestId');
  const requestId = idSource === undefined ? undefined : root.template('requestId', idSource);
  if (requestId !== undefined && !requestId.varies) {
    root.problem(
      'requestId',
      'must differ from row to row: use a column in braces, or {#} for the number of the row',
    );
  }
  const fieldReader = root.object('fields');
  const fields = fieldReader === undefined ? [] : readFields(fieldReader);
  const timeReader = root.object('time');
  const time = timeReader === undefined ? undefined : readTime(timeReader);
  const amountReader = root.object('amount');
  const amount = amountReader === undefined ? undefined : readAmount(amountReader);
  const labelReader = root.optional('label');
  const label = labelReader === undefined ? undefined : readLabel(labelReader);
  const outcomeReader = root.optional('outcome');
  const outcome = outcomeReader === undefined ? undefined : readOutcome(outcomeReader);
  const sites = readSites(root);
  root.done();
  if (problems.length > 0 || requestId === undefined || time === undefined || amount === undefined) {
    return { problems };
  }
  return { map: { format, delimiter, sites, requestId, fields, time, amount, label, outcome } };
}
