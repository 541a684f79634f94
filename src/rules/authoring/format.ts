import { duplicateKeys } from '../check/duplicate-keys.js';
import { roundedNumbers } from '../check/rounded-numbers.js';
import { jsonErrorText } from '../document/json-error.js';
import { jsonProblem } from '../document/json-limits.js';
import { inOrder } from './key-order.js';
import { jsonLayout } from './layout.js';

/**
 * The text of a rule set, a file of cases or any other JSON in its one layout, or why it cannot be: it is no JSON, says
 * something twice, of which one would be lost, or holds a number that would be rounded. Formatting what is formatted changes nothing.
 */
export function formatted(text: string): { readonly ok: string } | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: `not JSON: ${jsonErrorText(text, error)}` };
  }
  const problem = jsonProblem(value);
  if (problem !== undefined) return { problem: `the file ${problem}` };
  const [twice] = duplicateKeys(text);
  if (twice !== undefined)
    return { problem: `${twice}: stands twice in one object; take one of them out first` };
  const [rounded] = roundedNumbers(text);
  if (rounded !== undefined)
    return { problem: `${rounded}: would be rounded: whole numbers go up to 9,007,199,254,740,991` };
  return { ok: laidOut(value) };
}

/** A document as text in its one layout. */
export function laidOut(document: unknown): string {
  return jsonLayout(inOrder(document));
}
