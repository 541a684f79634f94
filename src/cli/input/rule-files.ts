/** What the files of golden cases end in. */
export const CASES = '.cases.json';
/** What the files of rule sets end in. */
export const RULES = '.rules.json';

/** Whether a name is that of a file of lists: `lists.json` or `lists.NAME.json`; a rule set may be called `lists`. */
export function isListsFile(name: string): boolean {
  return /^lists\.([^.]+\.)?json$/.test(name) && !name.endsWith(RULES) && !name.endsWith(CASES);
}

/** Whether a name is that of a file of rules, golden cases or lists. */
export function isRuleFile(name: string): boolean {
  return name.endsWith(RULES) || name.endsWith(CASES) || isListsFile(name);
}
