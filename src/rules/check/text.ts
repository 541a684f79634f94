import { cardNumberFindings } from './card-numbers.js';
import { checkRuleSet, type CheckContext } from './check.js';
import type { RuleSetDocument } from '../document/document.js';
import { duplicateKeys } from './duplicate-keys.js';
import type { Finding } from './findings.js';
import { roundedNumbers } from './rounded-numbers.js';
import { jsonProblem, LIMITS } from '../document/json-limits.js';
import { jsonErrorText } from '../document/json-error.js';

/** Why a whole number cannot be taken. */
const ROUNDED = 'would be rounded: whole numbers go up to 9,007,199,254,740,991';

/** What the text of a document is checked against. */
export interface TextCheckContext extends CheckContext {
  readonly holdsCardNumber: (text: string) => boolean;
}

/**
 * Checks the text of a rule-set document: that it is JSON that holds no card number, says everything once
 * and no number that reading it would change, then as
 * `checkRuleSet`. Never throws. Where there is a card number nothing else is told, lest it be repeated.
 */
export function checkRuleSetText(
  text: string,
  context: TextCheckContext,
): { readonly document?: RuleSetDocument; readonly findings: readonly Finding[] } {
  if (Buffer.byteLength(text) > LIMITS.bytes) {
    return { findings: [finding('too-large', '', 'the document is larger than 1 MiB')] };
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    const cards = cardNumberFindings(undefined, text, context.holdsCardNumber);
    if (cards.length > 0) return { findings: cards };
    return { findings: [finding('not-json', '', `not JSON: ${jsonErrorText(text, error)}`)] };
  }
  if (jsonProblem(parsed) === undefined) {
    const cards = cardNumberFindings(parsed, text, context.holdsCardNumber);
    if (cards.length > 0) return { findings: cards };
  }
  const twice = duplicateKeys(text).map((path) =>
    finding('duplicate-name', path, 'stands twice in one object: only the last would count'),
  );
  const rounded = roundedNumbers(text).map((path) => finding('too-large-number', path, ROUNDED));
  const { document, findings } = checkRuleSet(parsed, context);
  if (twice.length + rounded.length > 0) return { findings: [...twice, ...rounded, ...findings] };
  return document === undefined ? { findings } : { document, findings };
}

function finding(code: string, path: string, message: string): Finding {
  return { severity: 'error', code, rule: '', path, message };
}
