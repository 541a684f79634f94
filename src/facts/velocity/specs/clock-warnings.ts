import type { ParamProblem } from '../../../rules/catalogue.js';
import type { Json } from '../../../rules/document/document.js';
import { isObject, type Params } from './params.js';
import { REPORTS } from './parse.js';

/** Where a `velocity` looks at events of which each would go by another clock alone, and does not say by which. */
export function clockWarnings(params: Params): readonly ParamProblem[] {
  const parts: readonly Json[] = Array.isArray(params['of']) ? params['of'] : [];
  return [params, ...parts].flatMap((part, at) => {
    if (!isObject(part) || part['clock'] !== undefined || !Array.isArray(part['events'])) return [];
    const reports = part['events'].filter((kind) => (REPORTS as ReadonlySet<unknown>).has(kind));
    if (reports.length === 0 || reports.length === part['events'].length) return [];
    const message =
      `${reports.join(', ')} would go by when it became known, the others do not: ` +
      'say with "clock" what the window goes by';
    return [{ path: at === 0 ? '/events' : `/of/${at - 1}/events`, message }];
  });
}
