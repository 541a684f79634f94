import type { RuleSetDocument } from '../document/document.js';
import type { AuthoringHints } from './schema.js';
import type { OfferedWord } from './words.js';

/** What rule sets and lists that ship give an author to choose from. */
export function hintsFrom(
  documents: readonly RuleSetDocument[],
  lists: readonly { readonly id: string; readonly description?: string }[],
  attributes: readonly OfferedWord[],
): AuthoringHints {
  const reasons = new Map<string, string>();
  const note = (reason: string, description: string): void => {
    if (!reasons.has(reason)) reasons.set(reason, description);
  };
  for (const { id, rules, thresholds = [], limits = [] } of documents) {
    for (const { name, description = '', event } of rules)
      note(event.params.reason, description || `As ${id}/${name} has it.`);
    for (const { reason, score, outcome } of thresholds)
      note(reason, `From a score of ${score} in ${id} on: ${outcome}.`);
    for (const { name, description = '', reason } of limits)
      note(reason, description || `As ${id}/${name} has it.`);
  }
  return {
    reasons: [...reasons]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([word, description]) => ({ word, description })),
    lists: lists.map(({ id, description = '' }) => ({
      word: id,
      description: description || `The list ${id}.`,
    })),
    attributes,
  };
}
