import { error, newReport, pointer, type Finding, type Report } from './findings.js';
import { isPlainObject } from '../document/json-limits.js';

/**
 * Where a document holds card numbers: in a text, a number or a name. No finding repeats one, in its path or its rule
 * neither. `text` is what the document was read from: of what reading it loses, only that it is there can be told.
 */
export function cardNumberFindings(
  document: unknown,
  text: string,
  holds: (text: string) => boolean,
): readonly Finding[] {
  const report = newReport();
  walk(report, document, '', holds);
  if (report.errors === 0 && holds(text)) found(report, '', 'holds');
  return report.findings;
}

function walk(report: Report, value: unknown, path: string, holds: (text: string) => boolean): void {
  if (typeof value === 'string' || typeof value === 'number') {
    if (holds(String(value))) found(report, path, 'holds');
  } else if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      const inner = pointer(path, at);
      if (path === '/rules' || path === '/limits') report.rule = nameOf(item, holds);
      walk(report, item, inner, holds);
    }
    if (path === '/rules' || path === '/limits') report.rule = '';
  } else if (isPlainObject(value)) {
    for (const [name, inner] of Object.entries(value)) {
      const secret = holds(name);
      if (secret) found(report, path, 'has a property whose name is');
      walk(report, inner, secret ? path : pointer(path, name), holds);
    }
  }
}

function nameOf(owner: unknown, holds: (text: string) => boolean): string {
  const name = isPlainObject(owner) ? owner['name'] : undefined;
  return typeof name === 'string' && !holds(name) ? name.slice(0, 64) : '';
}

function found(report: Report, path: string, how: string): void {
  error(
    report,
    'card-number',
    path,
    `${how} what looks like a card number; use its keyed fingerprint instead`,
  );
}
