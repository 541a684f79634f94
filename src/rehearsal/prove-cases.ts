import { createHash } from 'node:crypto';
import { containsCardNumber } from '../facts/card-number.js';
import type { ListType } from '../facts/lists/list-store.js';
import { parseListsFile } from '../facts/lists/shipped-lists.js';
import type { FactCatalogue } from '../rules/catalogue.js';
import type { RuleSetDocument } from '../rules/document/document.js';
import { LIMITS } from '../rules/document/json-limits.js';
import type { RunCases } from '../rules/publish/proving.js';
import { parseCaseFile, type CaseFile, type CaseForm, type Expectation } from './case-file.js';
import type { RehearsalList } from './fixture-lists.js';
import { hasOwn } from './names-in-force.js';
import { runCases, type CaseResult } from './run-cases.js';

/** What cases meet that are run by a service. */
export interface ProveOptions {
  readonly catalogue: FactCatalogue;
  /** The lists that there are. Their entries take no part: cases say what is on them. */
  readonly lists: () => Promise<ReadonlyMap<string, { readonly type: string }>>;
  /** The document of another rule set, for cases that name several; undefined: there is none. */
  readonly document: (ruleSet: string) => Promise<RuleSetDocument | undefined>;
  /** Lets others go first: cases are many steps. */
  readonly pause: () => Promise<void>;
}

/** What was wrong with cases that is kept, at most; each cut to so many characters. */
const FAILURES = 20;
const FAILURE_CHARS = 300;

/** Some seconds of work. */
const MOST_STEPS = 20_000;

type Read<T> = { readonly ok: T } | { readonly problems: readonly Problem[] };
type Problem = { readonly field: 'cases_json' | 'lists_json'; readonly description: string };

/** Runs golden cases as evidence: only cases that expect something count. */
export function proveCases(options: ProveOptions): RunCases {
  return async (document, { cases: text, lists: listsText }) => {
    const lists = listsText === '' ? { ok: [] } : readLists(listsText);
    const file = readCases(text);
    if (!('ok' in file) || !('ok' in lists)) return { problems: [...problemsOf(file), ...problemsOf(lists)] };
    const documents = await documentsFor(file.ok.ruleSets ?? [document.id], document, options);
    if (!('ok' in documents)) return documents;
    const known = await options.lists();
    const given = new Set(lists.ok.map(({ id }) => id));
    const others = [...known].filter(([id]) => !given.has(id));
    const results = await runCases(file.ok, {
      documents: documents.ok,
      lists: [...lists.ok, ...others.map(([id, { type }]) => ({ id, type: type as ListType, entries: [] }))],
      catalogue: options.catalogue,
      pause: options.pause,
    });
    const telling = results.filter((_, index) => tellsOf(document, file.ok.cases[index]));
    const failed = results.filter(({ passed }) => !passed);
    return {
      ok: {
        casesHash: createHash('sha256').update(text).update('\0').update(listsText).digest('hex'),
        passed: telling.filter(({ passed }) => passed).length,
        failed: failed.length,
        failures: failed.slice(0, FAILURES).map(failureText),
      },
    };
  };
}

function readCases(text: string): Read<CaseFile> {
  if (Buffer.byteLength(text) > LIMITS.bytes) return refused('cases_json', 'larger than 1 MiB');
  if (containsCardNumber(text)) return refused('cases_json', 'holds what looks like a card number');
  const parsed = parseCaseFile(text);
  if (!('ok' in parsed)) return refused('cases_json', ...parsed.problems.slice(0, FAILURES));
  const steps = stepsOf(parsed.ok);
  if (steps <= MOST_STEPS) return parsed;
  return refused('cases_json', `${steps} payments and events; a version may be proven with ${MOST_STEPS}`);
}

function readLists(text: string): Read<readonly RehearsalList[]> {
  if (Buffer.byteLength(text) > LIMITS.bytes) return refused('lists_json', 'larger than 1 MiB');
  if (containsCardNumber(text)) return refused('lists_json', 'holds what looks like a card number');
  const parsed = parseListsFile(text);
  if (!('ok' in parsed)) return refused('lists_json', ...parsed.problems.slice(0, FAILURES));
  return {
    ok: parsed.ok.map(({ id, type, source }) => ({
      id,
      type,
      entries: 'entries' in source ? source.entries : [],
    })),
  };
}

function refused(
  field: Problem['field'],
  ...descriptions: readonly string[]
): { readonly problems: readonly Problem[] } {
  return { problems: descriptions.map((description) => ({ field, description })) };
}

function problemsOf(read: object): readonly Problem[] {
  return 'problems' in read ? (read.problems as readonly Problem[]) : [];
}

async function documentsFor(
  names: readonly string[],
  own: RuleSetDocument,
  { document }: ProveOptions,
): Promise<Read<readonly RuleSetDocument[]>> {
  const found: RuleSetDocument[] = [];
  for (const name of names) {
    const other = name === own.id ? own : await document(name);
    if (other === undefined) return refused('cases_json', `/ruleSets: no rule set is named ${name}`);
    found.push(other);
  }
  if (found.includes(own)) return { ok: found };
  return refused('cases_json', `/ruleSets: does not name ${own.id}, which the cases are to prove`);
}

/** Whether a case expects anything of a document: not only what holds of every decision, or what others are to say. */
function tellsOf(document: RuleSetDocument, form: CaseForm | undefined): boolean {
  if (form === undefined) return false;
  const told = ({ degraded = false, ...expect }: Expectation = {}): boolean =>
    degraded ||
    Object.entries(expect).some(([what, asked]) => {
      if (!Array.isArray(asked)) return true;
      const reasons = what === 'reasons' || what === 'notReasons';
      return reasons ? asked.length > 0 : asked.some((name: string) => hasOwn(document, name));
    });
  return told(form.expect) || form.stream.some((entry) => 'expect' in entry && told(entry.expect));
}

function failureText({ name, failures }: CaseResult): string {
  const [first] = failures;
  const more = failures.length > 1 ? ` (and ${failures.length - 1} more)` : '';
  const where = first === undefined || first.place === '' ? '' : `${first.place}: `;
  return `${name}: ${where}${first?.text ?? 'failed'}${more}`.slice(0, FAILURE_CHARS);
}

/** Payments and events of all cases, with their repetitions. */
function stepsOf({ cases }: CaseFile): number {
  let steps = 0;
  for (const { stream } of cases)
    for (const entry of stream)
      steps += 'payment' in entry ? (entry.repeat ?? 1) * (1 + [entry.followedBy ?? []].flat().length) : 1;
  return steps;
}
