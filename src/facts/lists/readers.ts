import { TollgateError } from '../../errors/errors.js';

/** A version of a rule set that reads a list. */
export interface ListReader {
  readonly ruleSet: string;
  readonly version: number;
  /** Where the version stands: active, canary, shadow, previous, latest. */
  readonly stage: string;
  /** While it stands there the list must not go. */
  readonly inForce: boolean;
  /** Names of rules, those included that are switched off. */
  readonly rules: readonly string[];
  /** Names of limits. */
  readonly limits: readonly string[];
}

/** How many rules and limits the message of an error names. */
const NAMED = 10;

/** A list cannot be deleted: these read it. */
export function listInUse(list: string, readers: readonly ListReader[]): TollgateError {
  const names = readers.flatMap(({ ruleSet, version, stage, rules, limits }) => {
    const which = `(version ${version}, ${stage === 'previous' ? 'to which a roll-back leads' : stage})`;
    return [
      ...rules.map((rule) => `${ruleSet}/${rule} ${which}`),
      ...limits.map((limit) => `limit ${ruleSet}/${limit} ${which}`),
    ];
  });
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  const text = `list ${list} is read by ${names.slice(0, NAMED).join(', ')}${more}: publish versions without it first`;
  return new TollgateError('LIST_IN_USE', text, {
    metadata: { list, readers: names.slice(0, 100).join(' ') },
  });
}
