import type { FactCatalogue, FactDefinition, FactType } from '../catalogue.js';
import { factOperand, literalOperand, operandProblem, type Operand } from './operands.js';
import type { FactParams, Json } from '../document/document.js';
import { error, pointer, quoted, suggestion, warning, type Report } from './findings.js';
import { meantOperator } from './meant-operator.js';
import { isPlainObject, LIMITS } from '../document/json-limits.js';
import { DECORATORS, MAX_DECORATORS, OPERATORS, parseOperator } from '../document/operators.js';
import { FORBIDDEN_STEPS, MAX_PATH_STEPS, parsePath } from '../document/path.js';
import { isFactReference, slotKey } from '../document/resolve.js';
import { schemaProblems } from '../document/schema-subset.js';

/** What rules of this document may refer to. */
export interface ConditionContext {
  readonly report: Report;
  readonly catalogue: FactCatalogue;
  readonly lists: ReadonlyMap<string, { readonly type: string }> | undefined;
  /** Names of the set's named conditions. */
  readonly named: ReadonlySet<string>;
  /** Collects every fact with its parameters that is asked for. */
  readonly facts: Set<string>;
}

/** How large a condition is: nesting, tests, and the named conditions it refers to. */
export interface ConditionSize {
  depth: number;
  tests: number;
  readonly refers: { readonly name: string; readonly depth: number; readonly path: string }[];
}

const KINDS = ['all', 'any', 'not', 'condition', 'fact'] as const;

/** Checks a condition and all below it; `root`: json-rules-engine wants a group or a named condition there. */
export function checkCondition(context: ConditionContext, value: unknown, path: string): ConditionSize {
  const size: ConditionSize = { depth: 0, tests: 0, refers: [] };
  walk(context, value, path, 1, size);
  if (isPlainObject(value) && Object.hasOwn(value, 'fact')) {
    error(
      context.report,
      'bad-root',
      path,
      'must be all, any, not or a named condition; put the test in "all"',
    );
  }
  return size;
}

function walk(
  context: ConditionContext,
  value: unknown,
  path: string,
  depth: number,
  size: ConditionSize,
): void {
  const { report } = context;
  if (depth > LIMITS.depth) {
    error(report, 'too-deep', path, `conditions may be nested ${LIMITS.depth} levels deep`);
    return;
  }
  size.depth = Math.max(size.depth, depth);
  if (!isPlainObject(value)) {
    error(report, 'bad-shape', path, `must be a condition, is ${quoted(value)}`);
    return;
  }
  const kinds = KINDS.filter((kind) => Object.hasOwn(value, kind));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) {
    const has = kinds.length === 0 ? 'none' : kinds.join(' and ');
    error(report, 'bad-shape', path, `must have exactly one of ${KINDS.join(', ')}; has ${has}`);
    return;
  }
  const known = kind === 'fact' ? ['fact', 'operator', 'value', 'params', 'path'] : [kind];
  for (const key of Object.keys(value)) {
    if (![...known, 'name', 'priority'].includes(key)) {
      const hint = suggestion(report, key, [...known, 'name', 'priority']);
      error(report, 'unknown-field', pointer(path, key), `is not known here${hint}`);
    }
  }
  checkNote(report, value, path);
  if (kind === 'all' || kind === 'any') {
    const children = value[kind];
    if (!Array.isArray(children)) {
      error(report, 'bad-shape', `${path}/${kind}`, `must be an array of conditions, is ${quoted(children)}`);
      return;
    }
    if (children.length === 0)
      warning(report, 'empty-group', `${path}/${kind}`, `an empty "${kind}" is always true`);
    children.forEach((child: unknown, at) => walk(context, child, `${path}/${kind}/${at}`, depth + 1, size));
  } else if (kind === 'not') {
    walk(context, value['not'], `${path}/not`, depth + 1, size);
  } else if (kind === 'condition') {
    const name = value['condition'];
    if (typeof name === 'string' && context.named.has(name)) {
      size.refers.push({ name, depth, path: `${path}/condition` });
    } else {
      const hint = typeof name === 'string' ? suggestion(report, name, context.named) : '';
      error(report, 'unknown-condition', `${path}/condition`, `no condition is named ${quoted(name)}${hint}`);
    }
  } else {
    size.tests++;
    checkTest(context, value, path);
  }
}

function checkNote(report: Report, value: { readonly [name: string]: unknown }, path: string): void {
  const { name, priority } = value as { readonly name?: unknown; readonly priority?: unknown };
  if (name !== undefined && (typeof name !== 'string' || name.length > 200)) {
    error(report, 'bad-shape', `${path}/name`, 'must be text of at most 200 characters');
  }
  if (priority === undefined) return;
  if (!Number.isInteger(priority) || (priority as number) < 1 || (priority as number) > 1_000_000) {
    error(report, 'bad-shape', `${path}/priority`, 'must be a whole number from 1 to 1000000');
  }
}

function checkTest(
  context: ConditionContext,
  test: { readonly [name: string]: unknown },
  path: string,
): void {
  const { report } = context;
  const left = checkRead(context, test, path);
  const right = checkValue(context, test, path);
  const { operator } = test as { readonly operator?: unknown };
  if (typeof operator !== 'string') {
    error(report, 'missing-field', path, 'needs an "operator"');
    return;
  }
  const parsed = parseOperator(operator.slice(0, 200));
  if (!('operator' in parsed)) {
    const known = parsed.kind === 'operator' ? OPERATORS : DECORATORS;
    const hint =
      meantOperator(parsed.unknown) ||
      suggestion(report, parsed.unknown, known) ||
      `; known are ${known.join(', ')}`;
    const code = parsed.kind === 'operator' ? 'unknown-operator' : 'unknown-decorator';
    error(report, code, `${path}/operator`, `no ${parsed.kind} is named ${quoted(parsed.unknown)}${hint}`);
    return;
  }
  if (parsed.operator.decorators.length > MAX_DECORATORS) {
    error(report, 'too-deep', `${path}/operator`, `at most ${MAX_DECORATORS} decorators in a row`);
    return;
  }
  if (left === undefined || right === undefined) return;
  const problem = operandProblem(parsed.operator, left, right);
  if (problem === undefined) return;
  const { code, message, misspelt } = problem;
  const hint = misspelt === undefined ? '' : suggestion(report, misspelt.name, misspelt.known);
  const tell = code === 'part-of-text' ? warning : error;
  tell(report, code, `${path}/value`, message + hint);
}

function checkValue(
  context: ConditionContext,
  test: { readonly [name: string]: unknown },
  path: string,
): Operand | undefined {
  if (!Object.hasOwn(test, 'value')) {
    error(context.report, 'missing-field', path, 'needs a "value"');
    return undefined;
  }
  const { value } = test as { readonly value?: unknown };
  if (isFactReference(value)) {
    for (const key of Object.keys(value)) {
      if (!['fact', 'params', 'path'].includes(key)) {
        error(context.report, 'unknown-field', pointer(`${path}/value`, key), 'is not known here');
      }
    }
    return checkRead(context, value as unknown as { readonly [name: string]: unknown }, `${path}/value`);
  }
  if (Array.isArray(value) && value.length > LIMITS.listOperand) {
    const most = LIMITS.listOperand;
    error(
      context.report,
      'too-large',
      `${path}/value`,
      `has ${value.length} entries, at most ${most}; use a list`,
    );
    return undefined;
  }
  return literalOperand(value);
}

/** Checks fact, params and path; says what is known of the value. */
function checkRead(
  context: ConditionContext,
  read: { readonly [name: string]: unknown },
  path: string,
): Operand | undefined {
  const { report, catalogue } = context;
  const { fact, params } = read as { readonly fact?: unknown; readonly params?: unknown };
  const definition = typeof fact === 'string' ? catalogue.get(fact) : undefined;
  const steps = checkPath(report, read['path'], `${path}/path`);
  if (definition === undefined) {
    const hint = typeof fact === 'string' ? suggestion(report, fact, catalogue.keys()) : '';
    error(report, 'unknown-fact', `${path}/fact`, `no fact is named ${quoted(fact)}${hint}`);
    return undefined;
  }
  if (!checkParams(context, definition, params, `${path}/params`)) return undefined;
  const given = (params ?? {}) as FactParams;
  context.facts.add(slotKey(definition.name, given));
  const type = typeOf(definition, given);
  if (steps !== undefined && steps.length > 0 && type !== 'object' && type !== 'string-list') {
    error(report, 'bad-path', `${path}/path`, `${definition.name} is a ${type} and has no parts`);
    return undefined;
  }
  const { path: below } = read as { readonly path?: unknown };
  if (below !== undefined && steps === undefined) return undefined;
  return factOperand(definition, type, steps?.length === 0 ? undefined : (below as string | undefined));
}

/** The type of a fact's value for its params. */
export function typeOf(definition: FactDefinition, params: FactParams): FactType {
  return definition.typeFor?.(params) ?? definition.type;
}

function checkPath(report: Report, path: unknown, at: string): readonly string[] | undefined {
  if (path === undefined) return undefined;
  const steps = typeof path === 'string' ? parsePath(path) : undefined;
  if (steps === undefined) {
    const form = `"$" followed by at most ${MAX_PATH_STEPS} of ".name" or "[n]"`;
    error(
      report,
      'bad-path',
      at,
      `must be ${form}, without ${FORBIDDEN_STEPS.join(', ')}, is ${quoted(path)}`,
    );
  }
  return steps;
}

function checkParams(
  context: ConditionContext,
  definition: FactDefinition,
  params: unknown,
  path: string,
): boolean {
  const { report, lists } = context;
  if (params !== undefined && !isPlainObject(params)) {
    error(report, 'bad-params', path, `must be an object, is ${quoted(params)}`);
    return false;
  }
  const given = (params ?? {}) as { readonly [name: string]: Json };
  if (definition.params === undefined) {
    if (Object.keys(given).length === 0) return true;
    error(report, 'bad-params', path, `${definition.name} takes no params`);
    return false;
  }
  const byShape = schemaProblems(definition.params, given);
  const problems = byShape.length > 0 ? byShape : (definition.checkParams?.(given) ?? []);
  for (const problem of problems) {
    const { misspelt } = problem;
    const hint = misspelt === undefined ? '' : suggestion(report, misspelt.name, misspelt.known);
    const message = problem.path === '' ? `${definition.name} ${problem.message}` : problem.message;
    // Where it is clear what was meant, all that there is would only hide it.
    const shorter = misspelt === undefined ? '' : `${quoted(misspelt.name)} is not known here${hint}`;
    error(report, 'bad-params', path + problem.path, hint === '' ? message : shorter);
  }
  if (problems.length > 0) return false;
  for (const doubt of definition.warnParams?.(given) ?? [])
    warning(report, 'doubtful-params', path + doubt.path, doubt.message);
  return definition.source !== 'list' || lists === undefined || checkList(context, definition, given, path);
}

/** That there is the list, and that it can hold what is looked for on it: else the fact is missing for ever. */
function checkList(
  { report, lists }: ConditionContext,
  { listTypes }: FactDefinition,
  { list, of }: { readonly [name: string]: Json },
  path: string,
): boolean {
  if (typeof list !== 'string' || lists === undefined) return true;
  const known = lists.get(list);
  if (known === undefined) {
    const hint = suggestion(report, list, lists.keys());
    error(report, 'unknown-list', `${path}/list`, `no list is named ${quoted(list)}${hint}`);
    return false;
  }
  if (known.type === 'country' && of === undefined) {
    error(report, 'bad-params', path, `list ${quoted(list)} holds countries: say which with "of"`);
    return false;
  }
  const wanted = typeof of === 'string' ? listTypes?.[of] : undefined;
  if (wanted === undefined || wanted === known.type) return true;
  const message = `${quoted(of)} stands on lists of type ${wanted}, ${quoted(list)} is of type ${known.type}`;
  error(report, 'bad-params', `${path}/of`, message);
  return false;
}
