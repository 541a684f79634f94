import type { ParamProblem } from '../../../rules/catalogue.js';
import type { Json } from '../../../rules/document/document.js';
import { ATTRIBUTE_INDEX } from '../../attributes.js';
import type { Attribute } from '../../attributes.js';

/* Parts of parameters: each notes what is wrong and gives what was meant, or something harmless. */

/** Parameters of a fact, as they stand in a rule. */
export type Params = { readonly [name: string]: Json };
/** Longest window, ms. */
export const LONGEST_WINDOW = 3650 * 86_400_000;
const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration in ms, as in `90s`, `10m`, `24h`, `30d`. */
export function parseDuration(text: Json | undefined, path: string, problems: ParamProblem[]): number {
  const parts = typeof text === 'string' ? /^([1-9][0-9]{0,8})([smhd])$/.exec(text) : null;
  const ms = parts === null ? 0 : Number(parts[1]) * (UNITS[parts[2] ?? ''] ?? 0);
  if (ms > 0 && ms <= LONGEST_WINDOW) return ms;
  problems.push({
    path,
    message: 'must be a duration such as "90s", "10m", "24h" or "30d", at most 3650 days',
  });
  return 1;
}

/** An attribute by its name. */
export function parseAttribute(
  name: Json | undefined,
  path: string,
  problems: ParamProblem[],
): Attribute | undefined {
  if (typeof name === 'string' && Object.hasOwn(ATTRIBUTE_INDEX, name)) return name as Attribute;
  const names = Object.keys(ATTRIBUTE_INDEX).join(', ');
  problems.push({ path, message: `must be an attribute: ${names}` });
  return undefined;
}

/** true, or false where nothing is said. */
export function parseFlag(value: Json | undefined, path: string, problems: ParamProblem[]): boolean {
  if (value !== undefined && typeof value !== 'boolean')
    problems.push({ path, message: 'must be true or false' });
  return value === true;
}

/** A whole number within bounds. */
export function parseWhole(
  value: Json,
  least: number,
  most: number,
  path: string,
  problems: ParamProblem[],
): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  problems.push({ path, message: `must be a whole number from ${least} to ${most}` });
  return least;
}

/** One of some texts. */
export function oneOf<const T extends string>(
  value: Json | undefined,
  allowed: readonly T[],
  path: string,
  problems: ParamProblem[],
): T | undefined {
  const found = allowed.find((name) => name === value);
  if (found === undefined) problems.push({ path, message: `must be one of ${allowed.join(', ')}` });
  return found;
}

/** Notes fields that nobody knows. */
export function onlyFields(
  from: Params,
  allowed: readonly string[],
  path: string,
  problems: ParamProblem[],
): void {
  for (const name of Object.keys(from))
    if (!allowed.includes(name)) problems.push({ path: `${path}/${name}`, message: 'unknown parameter' });
}

/** Whether a value is an object with fields. */
export function isObject(value: Json | undefined): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
