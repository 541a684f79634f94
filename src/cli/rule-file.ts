import type { RuleSetDocument } from '../rules/document/document.js';
import type { Host } from './host.js';
import { readText } from './input/files.js';

/** A rule set from a file, or what is wrong with it, a line each. Which lists there are is not known here. */
export async function readRuleSet(
  path: string,
  host: Host,
): Promise<{ readonly document: RuleSetDocument } | { readonly errors: readonly string[] }> {
  const { checkRuleSetText } = await import('../rules/check/text.js');
  const { FACT_CATALOGUE, RULE_VOCABULARY } = await import('../facts/catalogue.js');
  const { document, findings } = checkRuleSetText(await readText(path, host), {
    catalogue: FACT_CATALOGUE,
    ...RULE_VOCABULARY,
  });
  if (document !== undefined) return { document };
  const errors = findings.filter(({ severity }) => severity === 'error');
  return { errors: errors.map(({ path: at, message }) => `${at || '/'}: ${message}`) };
}
