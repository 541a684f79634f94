import type { Duration } from '@bufbuild/protobuf/wkt';
import type {
  CanaryLimits,
  CanaryPlan,
  CanarySettings,
} from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import { DrawBySchema } from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import { limitProblems } from '../../../rules/publish/canary-limits.js';
import { fromLimits } from '../convert/canary.js';
import type { Problems } from './problems.js';
import { enumValue, within } from './values.js';

const HOUR_S = 3_600n;
const LONGEST_PERIOD_S = 366n * 24n * HOUR_S;
/** More would be no trial any more. */
const LARGEST_SHARE = 0.5;
const MOST_DECISIONS = 10_000_000;
const LARGEST_GROWTH = 10;
const LARGEST_ALPHA = 0.2;
const LARGEST_FACTOR = 1_000;

/** What limits are called where they are judged, and in a request. */
const WIRE_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^threeDs\b/, 'three_ds'],
  [/\.maxRise\b/, '.max_rise'],
  [/\.maxDrop\b/, '.max_drop'],
  [/\.maxFactor\b/, '.max_factor'],
];

/** Settings of a canary, which stand at `at` (with a dot at its end). */
export function canary(
  problems: Problems,
  at: string,
  { share, by, period, limits, plan }: CanarySettings,
): void {
  if (!(share > 0 && share <= LARGEST_SHARE)) problems.add(`${at}share`, 'not above 0 and at most 0.5');
  enumValue(problems, at, 'by', by, DrawBySchema, false);
  if (period !== undefined) lotPeriod(problems, `${at}period`, period);
  if (limits !== undefined) limitsOf(problems, `${at}limits`, limits);
  if (plan !== undefined) planOf(problems, `${at}plan.`, plan);
}

/** For how long a lot lasts. */
export function lotPeriod(problems: Problems, name: string, { seconds, nanos }: Duration): void {
  if (nanos !== 0 || seconds < HOUR_S || seconds > LONGEST_PERIOD_S)
    problems.add(name, 'not whole seconds between an hour and 366 days');
}

function limitsOf(problems: Problems, at: string, limits: CanaryLimits): void {
  for (const problem of limitProblems(fromLimits(limits))) {
    const [, place = '', what = problem] = /^([a-zA-Z.]+): (.*)$/.exec(problem) ?? [];
    const field = WIRE_NAMES.reduce((name, [from, to]) => name.replace(from, to), place);
    problems.add(field === '' ? at : `${at}.${field}`, wireWords(what));
  }
  if ((limits.latency?.maxFactor ?? 1) > LARGEST_FACTOR)
    problems.add(`${at}.latency.max_factor`, 'at most 1,000');
}

function wireWords(text: string): string {
  return text.replace('maxRise', 'max_rise').replace('maxDrop', 'max_drop').replace('threeDs', 'three_ds');
}

function planOf(problems: Problems, at: string, { first, growth, alpha }: CanaryPlan): void {
  within(problems, at, 'first', first, 0, MOST_DECISIONS);
  if (!(growth === 0 || (growth > 1 && growth <= LARGEST_GROWTH)))
    problems.add(`${at}growth`, 'not 0, or above 1 and at most 10');
  if (!(alpha >= 0 && alpha <= LARGEST_ALPHA)) problems.add(`${at}alpha`, 'not between 0 and 0.2');
}
