import type { ParamProblem } from '../catalogue.js';
import type { Json } from './document.js';
import { isPlainObject } from './json-limits.js';

/** A JSON Schema of the subset below. */
export type Schema = { readonly [keyword: string]: Json };

const ANNOTATIONS = new Set(['$comment', 'default', 'description', 'examples', 'title', 'format']);

/** The keywords that are checked; facts' parameter schemas may use no other but annotations. */
const KEYWORDS = new Set([
  'additionalProperties',
  'allOf',
  'anyOf',
  'const',
  'enum',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'items',
  'maxItems',
  'maxLength',
  'maxProperties',
  'maximum',
  'minItems',
  'minLength',
  'minProperties',
  'minimum',
  'oneOf',
  'pattern',
  'prefixItems',
  'properties',
  'propertyNames',
  'required',
  'type',
  'uniqueItems',
]);

const SUBSCHEMAS = ['items', 'additionalProperties', 'propertyNames'];
const SUBSCHEMA_LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];

/** Keywords in a schema that `schemaProblems` would ignore: for a test over the catalogue. */
export function unsupportedKeywords(schema: Schema): readonly string[] {
  const found = Object.keys(schema).filter((name) => !KEYWORDS.has(name) && !ANNOTATIONS.has(name));
  const inner: unknown[] = SUBSCHEMAS.map((name) => schema[name]);
  for (const name of SUBSCHEMA_LISTS) inner.push(...list(schema[name]));
  if (isPlainObject(schema['properties'])) inner.push(...Object.values(schema['properties']));
  return [...found, ...inner.filter(isSchema).flatMap(unsupportedKeywords)];
}

/** What is wrong with a JSON value by a schema: own code, since its messages are read by rule authors. */
export function schemaProblems(schema: Schema, value: unknown, path = ''): readonly ParamProblem[] {
  const wrongType = typeProblem(schema, value, path);
  if (wrongType !== undefined) return [wrongType];
  const problems: ParamProblem[] = [];
  const fail = (message: string): void => {
    problems.push({ path, message });
  };
  if ('const' in schema && value !== schema['const']) fail(`must be ${JSON.stringify(schema['const'])}`);
  const values = schema['enum'];
  if (Array.isArray(values) && !values.includes(value)) {
    const known = values.filter((word) => typeof word === 'string');
    const message = `must be one of ${values.join(', ')}`;
    problems.push({
      path,
      message,
      ...(typeof value === 'string' ? { misspelt: { name: value, known } } : {}),
    });
  }
  if (typeof value === 'number') numberProblems(schema, value, fail);
  if (typeof value === 'string') stringProblems(schema, value, fail);
  if (Array.isArray(value)) problems.push(...arrayProblems(schema, value, path));
  else if (isPlainObject(value)) problems.push(...objectProblems(schema, value, path));
  for (const part of list(schema['allOf'])) {
    if (isSchema(part)) problems.push(...schemaProblems(part, value, path));
  }
  problems.push(...choiceProblems(schema, value, path));
  return problems;
}

function typeProblem(schema: Schema, value: unknown, path: string): ParamProblem | undefined {
  const { type } = schema as { readonly type?: Json };
  if (type === undefined) return undefined;
  const types = (Array.isArray(type) ? type : [type]) as readonly string[];
  const fits = types.some((name) =>
    name === 'integer' ? Number.isInteger(value) : name === typeName(value),
  );
  return fits ? undefined : { path, message: `must be ${types.join(' or ')}, is ${typeName(value)}` };
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function numberProblems(schema: Schema, value: number, fail: (message: string) => void): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as { [name: string]: Json };
  if (typeof minimum === 'number' && value < minimum) fail(`must be at least ${minimum}`);
  if (typeof maximum === 'number' && value > maximum) fail(`must be at most ${maximum}`);
  if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum) {
    fail(`must be more than ${exclusiveMinimum}`);
  }
  if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum) {
    fail(`must be less than ${exclusiveMaximum}`);
  }
}

function stringProblems(schema: Schema, value: string, fail: (message: string) => void): void {
  const { minLength, maxLength, pattern } = schema as { [name: string]: Json };
  if (typeof minLength === 'number' && value.length < minLength)
    fail(`must have at least ${minLength} characters`);
  if (typeof maxLength === 'number' && value.length > maxLength)
    fail(`must have at most ${maxLength} characters`);
  else if (typeof pattern === 'string' && !new RegExp(pattern, 'u').test(value))
    fail(`must match ${pattern}`);
}

function arrayProblems(schema: Schema, value: readonly unknown[], path: string): readonly ParamProblem[] {
  const problems: ParamProblem[] = [];
  const { minItems, maxItems, uniqueItems, items } = schema as { [name: string]: Json };
  const prefix = list(schema['prefixItems']);
  if (typeof minItems === 'number' && value.length < minItems) {
    problems.push({ path, message: `must have at least ${minItems} entries` });
  }
  if (typeof maxItems === 'number' && value.length > maxItems) {
    return [...problems, { path, message: `must have at most ${maxItems} entries` }];
  }
  if (uniqueItems === true && new Set(value.map((item) => JSON.stringify(item))).size < value.length) {
    problems.push({ path, message: 'must not repeat an entry' });
  }
  value.forEach((item, at) => {
    const rest = at < prefix.length ? prefix[at] : items;
    if (isSchema(rest)) problems.push(...schemaProblems(rest, item, `${path}/${at}`));
    else if (rest === false) problems.push({ path: `${path}/${at}`, message: 'is one entry too many' });
  });
  return problems;
}

function objectProblems(
  schema: Schema,
  value: { readonly [name: string]: unknown },
  path: string,
): readonly ParamProblem[] {
  const problems: ParamProblem[] = [];
  const { required, additionalProperties, propertyNames, minProperties, maxProperties } = schema as {
    [name: string]: Json;
  };
  const properties = isPlainObject(schema['properties']) ? schema['properties'] : {};
  for (const name of list(required)) {
    if (typeof name === 'string' && !Object.hasOwn(value, name)) {
      problems.push({ path, message: `needs ${JSON.stringify(name)}` });
    }
  }
  const names = Object.keys(value);
  if (typeof minProperties === 'number' && names.length < minProperties) {
    problems.push({ path, message: `must have at least ${minProperties} properties` });
  }
  if (typeof maxProperties === 'number' && names.length > maxProperties) {
    problems.push({ path, message: `must have at most ${maxProperties} properties` });
  }
  for (const name of names) {
    const at = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const inner = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    const known = Object.keys(properties);
    if (inner === false)
      problems.push({ path: at, message: unknownName(name, known), misspelt: { name, known } });
    else if (isSchema(inner)) problems.push(...schemaProblems(inner, value[name], at));
    if (isSchema(propertyNames)) problems.push(...schemaProblems(propertyNames, name, at));
  }
  return problems;
}

function unknownName(name: string, known: readonly string[]): string {
  return known.length === 0
    ? `${JSON.stringify(name)} is not known here`
    : `${JSON.stringify(name)} is not known here; known are ${known.join(', ')}`;
}

/**
 * `anyOf` and `oneOf`: where no branch fits, tells what is wrong by the branch that comes closest, and where the value
 * itself is wrong, what is meant: another branch may be what was wanted.
 */
function choiceProblems(schema: Schema, value: unknown, path: string): readonly ParamProblem[] {
  for (const keyword of ['anyOf', 'oneOf']) {
    const branches = list(schema[keyword]).filter(isSchema);
    if (branches.length === 0) continue;
    const tried = branches.map((branch) => ({ branch, problems: schemaProblems(branch, value, path) }));
    const fits = tried.filter(({ problems }) => problems.length === 0).length;
    if (fits === 1 || (fits > 1 && keyword === 'anyOf')) continue;
    if (fits > 1) return [{ path, message: 'fits more than one of the allowed forms' }];
    const near = tried.filter(({ branch }) => typeProblem(branch, value, path) === undefined);
    const [first] = (near.length > 0 ? near : tried).sort((a, b) => a.problems.length - b.problems.length);
    return near.length > 0 && first !== undefined
      ? first.problems.map((problem) => (problem.path === path ? meant(schema, problem) : problem))
      : [
          meant(schema, {
            path,
            message: tried.map(({ problems }) => problems[0]?.message ?? '').join(', or '),
          }),
        ];
  }
  return [];
}

function meant({ description }: Schema, problem: ParamProblem): ParamProblem {
  return typeof description === 'string'
    ? { ...problem, message: `${problem.message}. ${description}` }
    : problem;
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function isSchema(value: unknown): value is Schema {
  return isPlainObject(value);
}
