import type { FactCatalogue } from '../catalogue.js';
import { error, pointer, quoted, suggestion, type Report } from './findings.js';
import { isPlainObject } from '../document/json-limits.js';

/** What limits may refer to; what is absent is not checked. */
export interface LimitContext {
  readonly catalogue: FactCatalogue;
  /** The attributes that limits may use in `by`. */
  readonly attributes?: ReadonlySet<string>;
  /** The currencies there are. */
  readonly currencies?: ReadonlySet<string>;
}

/**
 * Checks what a limit refers to: attributes of its key, currency of its cap, risk grades. A limit without key or cap
 * refuses every payment that it counts, and a misspelt grade changes nothing without a word. Its shape is checked by
 * shape.ts.
 */
export function checkLimit(report: Report, limit: unknown, path: string, context: LimitContext): void {
  if (!isPlainObject(limit)) return;
  checkBy(report, limit['by'], `${path}/by`, context.attributes);
  const cap = limit['cap'];
  if (isPlainObject(cap)) checkCurrency(report, cap['currency'], `${path}/cap/currency`, context.currencies);
  checkGrades(report, limit['gradeFactors'], `${path}/gradeFactors`, context.catalogue);
}

function checkBy(report: Report, by: unknown, path: string, known: ReadonlySet<string> | undefined): void {
  if (known === undefined || !Array.isArray(by)) return;
  by.forEach((attribute: unknown, at) => {
    if (typeof attribute !== 'string' || known.has(attribute)) return;
    const hint = suggestion(report, attribute, known);
    const message = `a payment has no attribute ${quoted(attribute)} when it is decided${hint}`;
    error(report, 'unknown-attribute', `${path}/${at}`, message);
  });
}

function checkCurrency(
  report: Report,
  currency: unknown,
  path: string,
  known: ReadonlySet<string> | undefined,
): void {
  if (known === undefined || typeof currency !== 'string' || known.has(currency)) return;
  error(report, 'unknown-value', path, `${quoted(currency)} is no currency of ISO 4217 in use`);
}

function checkGrades(report: Report, factors: unknown, path: string, catalogue: FactCatalogue): void {
  const grades = catalogue.get('merchant.riskGrade')?.values;
  if (grades === undefined || !isPlainObject(factors)) return;
  for (const grade of Object.keys(factors)) {
    if (grades.includes(grade)) continue;
    error(report, 'unknown-value', pointer(path, grade), `is no risk grade: there are ${grades.join(', ')}`);
  }
}
