import { error, pointer, quoted, suggestion, warning, type Report } from './findings.js';
import { isPlainObject, LIMITS } from '../document/json-limits.js';
import { OUTCOMES, SCA_EXEMPTIONS, THREE_DS_DEMANDS } from '../outcome.js';

type Fields = { readonly [name: string]: unknown };

/** Ids and names: 1 to 64 of [a-z0-9-]. */
export const NAME_PATTERN = '^[a-z0-9-]{1,64}$';
/** Reason codes: 1 to 64 of [a-z0-9._-], beginning with a letter or digit. */
export const REASON_PATTERN = '^[a-z0-9][a-z0-9._-]{0,63}$';
const NAME = new RegExp(NAME_PATTERN);
const REASON = new RegExp(REASON_PATTERN);

/**
 * Checks everything about a document but its conditions: which fields there are, their types and bounds, duplicate
 * names, the order of thresholds. Conditions are looked at by conditions.ts.
 */
export function checkShape(report: Report, document: unknown): document is Fields {
  const set = fields(
    report,
    document,
    '',
    ['id', 'description', 'owner', 'rules'],
    ['$schema', 'kind', 'policy', 'thresholds', 'conditions', 'limits'],
  );
  if (set === undefined) return false;
  text(report, set['$schema'], '/$schema', 500, true);
  name(report, set['id'], '/id');
  choice(report, set['kind'], '/kind', ['screening']);
  text(report, set['description'], '/description', 2_000);
  text(report, set['owner'], '/owner', 200);
  checkPolicy(report, set['policy']);
  checkThresholds(report, set['thresholds']);
  const named = set['conditions'];
  if (named !== undefined && !isPlainObject(named)) {
    error(report, 'bad-shape', '/conditions', `must be an object of conditions by name, is ${quoted(named)}`);
  } else if (named !== undefined) {
    const names = Object.keys(named);
    if (names.length > LIMITS.namedConditions) {
      error(report, 'too-large', '/conditions', `at most ${LIMITS.namedConditions} named conditions`);
    }
    for (const key of names) name(report, key, pointer('/conditions', key));
  }
  each(report, set['rules'], '/rules', LIMITS.rules, checkRule);
  if (isEmptyList(set['rules']) && (set['limits'] === undefined || isEmptyList(set['limits']))) {
    warning(report, 'no-rules', '/rules', 'the set has neither rules nor limits');
  }
  each(report, set['limits'], '/limits', LIMITS.limits, checkLimit);
  report.rule = '';
  return true;
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function checkPolicy(report: Report, value: unknown): void {
  if (value === undefined) return;
  const policy = fields(report, value, '/policy', [], ['missing', 'onUnknown', 'onError', 'withoutThreeDs']);
  if (policy === undefined) return;
  choice(report, policy['missing'], '/policy/missing', ['unknown', 'as-undefined']);
  for (const field of ['onUnknown', 'onError', 'withoutThreeDs'] as const)
    choice(report, policy[field], `/policy/${field}`, ['accept', 'review', 'reject']);
}

function checkThresholds(report: Report, value: unknown): void {
  let before: { readonly score: number; readonly strength: number } | undefined;
  each(report, value, '/thresholds', 20, (_, item, path) => {
    const threshold = fields(report, item, path, ['score', 'outcome', 'reason'], ['threeDs']);
    if (threshold === undefined) return;
    const { score } = threshold as { readonly score: unknown };
    choice(report, threshold['outcome'], `${path}/outcome`, OUTCOMES);
    choice(report, threshold['threeDs'], `${path}/threeDs`, THREE_DS_DEMANDS);
    reason(report, threshold['reason'], `${path}/reason`);
    if (!integer(report, score, `${path}/score`, -1_000_000, 1_000_000)) return;
    if (score <= 0) {
      warning(
        report,
        'always-reached',
        `${path}/score`,
        `a threshold of ${score} is reached without any hit`,
      );
    }
    const strength = OUTCOMES.findIndex((outcome) => outcome === threshold['outcome']);
    if (before !== undefined && score <= before.score) {
      error(
        report,
        'threshold-order',
        `${path}/score`,
        `must be above the threshold before it, ${before.score}`,
      );
    } else if (before !== undefined && strength < before.strength) {
      warning(report, 'threshold-order', `${path}/outcome`, 'is weaker than that of a lower score');
    }
    before = { score, strength };
  });
}

function checkRule(report: Report, value: unknown, path: string, seen: Set<string>): void {
  report.rule = nameOf(value);
  const rule = fields(
    report,
    value,
    path,
    ['name', 'conditions', 'event'],
    ['description', 'enabled', 'priority'],
  );
  if (rule === undefined) return;
  uniqueName(report, rule['name'], `${path}/name`, seen);
  text(report, rule['description'], `${path}/description`, 2_000, true);
  flag(report, rule['enabled'], `${path}/enabled`);
  if (rule['priority'] !== undefined) integer(report, rule['priority'], `${path}/priority`, 1, 1_000_000);
  const event = fields(report, rule['event'], `${path}/event`, ['type', 'params'], []);
  if (event === undefined) return;
  choice(report, event['type'], `${path}/event/type`, [...OUTCOMES, 'score']);
  checkParams(report, event['params'], `${path}/event/params`, event['type']);
}

function checkParams(report: Report, value: unknown, path: string, type: unknown): void {
  const params = fields(report, value, path, ['reason'], ['score', 'threeDs', 'exemption', 'message']);
  if (params === undefined) return;
  const { score } = params as { readonly score?: unknown };
  reason(report, params['reason'], `${path}/reason`);
  choice(report, params['threeDs'], `${path}/threeDs`, THREE_DS_DEMANDS);
  choice(report, params['exemption'], `${path}/exemption`, SCA_EXEMPTIONS);
  text(report, params['message'], `${path}/message`, 500, true);
  if (score !== undefined) integer(report, score, `${path}/score`, -1_000, 1_000);
  if (type === 'score' && (score === undefined || score === 0)) {
    error(report, 'no-score', path, 'an event of type score needs a "score" other than 0');
  }
  const strong = params['threeDs'] === 'challenge' || params['threeDs'] === 'mandate';
  if (strong && params['exemption'] !== undefined && params['exemption'] !== 'none') {
    warning(report, 'lost-exemption', `${path}/exemption`, 'is dropped where challenge or mandate wins');
  }
}

function checkLimit(report: Report, value: unknown, path: string, seen: Set<string>): void {
  report.rule = nameOf(value);
  const limit = fields(
    report,
    value,
    path,
    ['name', 'when', 'by', 'period', 'cap', 'reason'],
    ['description', 'enabled', 'zone', 'gradeFactors', 'outcome', 'refunds'],
  );
  if (limit === undefined) return;
  uniqueName(report, limit['name'], `${path}/name`, seen);
  text(report, limit['description'], `${path}/description`, 2_000, true);
  flag(report, limit['enabled'], `${path}/enabled`);
  each(report, limit['by'], `${path}/by`, 4, (_, item, at) => text(report, item, at, 64));
  if (Array.isArray(limit['by']) && limit['by'].length === 0) {
    error(report, 'bad-shape', `${path}/by`, 'must name at least one attribute');
  }
  choice(report, limit['period'], `${path}/period`, ['day', 'month']);
  zone(report, limit['zone'], `${path}/zone`);
  const cap = fields(report, limit['cap'], `${path}/cap`, ['minor', 'currency'], []);
  if (cap !== undefined) {
    integer(report, cap['minor'], `${path}/cap/minor`, 1, Number.MAX_SAFE_INTEGER);
    if (typeof cap['currency'] !== 'string' || !/^[A-Z]{3}$/.test(cap['currency'])) {
      error(report, 'bad-shape', `${path}/cap/currency`, 'must be an ISO 4217 code such as "EUR"');
    }
  }
  checkGrades(report, limit['gradeFactors'], `${path}/gradeFactors`);
  choice(report, limit['outcome'], `${path}/outcome`, ['block', 'reject', 'review']);
  choice(report, limit['refunds'], `${path}/refunds`, ['restore', 'keep']);
  reason(report, limit['reason'], `${path}/reason`);
}

function checkGrades(report: Report, value: unknown, path: string): void {
  if (value === undefined) return;
  if (!isPlainObject(value)) {
    error(report, 'bad-shape', path, 'must be an object of factors by grade');
    return;
  }
  for (const [grade, factor] of Object.entries(value)) {
    if (typeof factor !== 'number' || !(factor >= 0 && factor <= 1_000)) {
      error(report, 'bad-shape', pointer(path, grade), 'must be a number from 0 to 1000');
    }
  }
}

function zone(report: Report, value: unknown, path: string): void {
  if (value === undefined || value === 'merchant' || value === 'site') return;
  try {
    if (typeof value !== 'string') throw new TypeError('no text');
    Intl.DateTimeFormat('en', { timeZone: value });
  } catch {
    error(report, 'bad-shape', path, 'must be "merchant", "site" or an IANA time zone');
  }
}

function fields(
  report: Report,
  value: unknown,
  path: string,
  required: readonly string[],
  optional: readonly string[],
): Fields | undefined {
  if (!isPlainObject(value)) {
    error(report, 'bad-shape', path, `must be an object, is ${quoted(value)}`);
    return undefined;
  }
  for (const key of required) {
    if (!Object.hasOwn(value, key)) error(report, 'missing-field', path, `needs "${key}"`);
  }
  const known = [...required, ...optional];
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      error(
        report,
        'unknown-field',
        pointer(path, key),
        `is not known here${suggestion(report, key, known)}`,
      );
    }
  }
  return value;
}

function each(
  report: Report,
  value: unknown,
  path: string,
  most: number,
  check: (report: Report, item: unknown, path: string, seen: Set<string>) => void,
): void {
  if (value === undefined) return;
  if (!Array.isArray(value)) {
    error(report, 'bad-shape', path, `must be an array, is ${quoted(value)}`);
    return;
  }
  if (value.length > most) {
    error(report, 'too-large', path, `has ${value.length} entries, at most ${most} are allowed`);
    return;
  }
  const seen = new Set<string>();
  value.forEach((item: unknown, at) => check(report, item, `${path}/${at}`, seen));
}

function uniqueName(report: Report, value: unknown, path: string, seen: Set<string>): void {
  if (!name(report, value, path)) return;
  if (seen.has(value)) error(report, 'duplicate-name', path, `${quoted(value)} is used twice`);
  seen.add(value);
}

function name(report: Report, value: unknown, path: string): value is string {
  if (typeof value === 'string' && NAME.test(value)) return true;
  if (value !== undefined) {
    error(report, 'bad-name', path, `must be 1 to 64 of a-z, 0-9 and "-", is ${quoted(value)}`);
  }
  return false;
}

function reason(report: Report, value: unknown, path: string): void {
  if (value === undefined || (typeof value === 'string' && REASON.test(value))) return;
  error(
    report,
    'bad-reason',
    path,
    `must be a code such as "velocity.card" (1 to 64 of a-z, 0-9, ".", "_", "-"), is ${quoted(value)}`,
  );
}

function text(report: Report, value: unknown, path: string, most: number, empty = false): void {
  if (value === undefined) return;
  if (typeof value !== 'string') error(report, 'bad-shape', path, `must be text, is ${quoted(value)}`);
  else if (value.length > most) error(report, 'bad-shape', path, `must have at most ${most} characters`);
  else if (value === '' && !empty) error(report, 'bad-shape', path, 'must not be empty');
}

function flag(report: Report, value: unknown, path: string): void {
  if (value !== undefined && typeof value !== 'boolean') {
    error(report, 'bad-shape', path, `must be true or false, is ${quoted(value)}`);
  }
}

function choice(report: Report, value: unknown, path: string, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value as string)) return;
  error(report, 'bad-value', path, `must be one of ${allowed.join(', ')}, is ${quoted(value)}`);
}

function integer(report: Report, value: unknown, path: string, least: number, most: number): value is number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return true;
  if (value !== undefined) {
    error(report, 'bad-shape', path, `must be a whole number from ${least} to ${most}, is ${quoted(value)}`);
  }
  return false;
}

function nameOf(value: unknown): string {
  return isPlainObject(value) && typeof value['name'] === 'string' ? value['name'].slice(0, 64) : '';
}
