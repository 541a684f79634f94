import type { EventInput } from '../decisions/decisions.js';
import { entryId } from '../decisions/record/decision-id.js';
import { TollgateError } from '../errors/errors.js';
import { toBaseMinor, type Rates } from '../money/rates.js';
import type { FactCatalogue } from '../rules/catalogue.js';
import type { RuleSetDocument } from '../rules/document/document.js';
import type { RuleSetVersion } from '../rules/program.js';
import { listsRead } from '../rules/versions/layout.js';
import type { CaseFile, CaseForm } from './case-file.js';
import { ratesOf, worldOf } from './fixtures.js';
import { judge, type Decided, type Failure } from './judge.js';
import { CaseProblem, moneyOf } from './payment-form.js';
import { pinsOf } from './pins.js';
import type { RehearsalList } from './fixture-lists.js';
import { setStage, type Stage, type UsedBefore } from './stage.js';
import { timelineOf, type EventStep, type PaymentStep, type Step } from './timeline.js';

/** What cases are run with. */
export interface RunOptions {
  /** The rule sets in force, checked. */
  readonly documents: readonly RuleSetDocument[];
  readonly lists: readonly RehearsalList[];
  readonly catalogue: FactCatalogue;
  /** Where others must not be held up: waited for after some steps each. */
  readonly pause?: () => Promise<void>;
}

/** Some milliseconds of them. */
const STEPS_A_PAUSE = 25;

/** How a case ended. */
export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  readonly failures: readonly Failure[];
  /** Payments decided and events reported. */
  readonly steps: number;
}

const encoder = new TextEncoder();

/** Runs every case of a file, each from an empty journal, through the pipeline that also decides live. */
export async function runCases(file: CaseFile, options: RunOptions): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const form of file.cases) {
    await options.pause?.();
    results.push(await runCase(form, file, options));
  }
  return results;
}

async function runCase(form: CaseForm, file: CaseFile, options: RunOptions): Promise<CaseResult> {
  const { steps, failures, last } = await rehearseCase(form, file, options);
  const known = [...options.lists.map(({ id }) => id), ...Object.keys({ ...file.lists, ...form.lists })];
  const told = [...failures, ...unknownLists(failures, last, known)];
  return { name: form.name, passed: told.length === 0, failures: told, steps };
}

/** Lists that rules in a failure asked for and that are not there: their rules could not tell. */
function unknownLists(
  failures: readonly Failure[],
  last: Decided | undefined,
  known: readonly string[],
): readonly Failure[] {
  const asked = listsRead(last?.layout.slots ?? []).filter((list) => !known.includes(list));
  return asked
    .filter((list) =>
      failures.some(({ facts }) =>
        facts.some((line) => /\(list ([a-z0-9-]+).*\): missing/.exec(line)?.[1] === list),
      ),
    )
    .map((list) => ({ place: '', text: `no list is named ${list} here: name it in "lists"`, facts: [] }));
}

/** A case that was run, and the decision on its last payment. */
export interface Rehearsed {
  readonly steps: number;
  readonly failures: readonly Failure[];
  /** undefined: it could not be run. */
  readonly last: Decided | undefined;
}

/** Runs one case from an empty journal. */
export async function rehearseCase(form: CaseForm, file: CaseFile, options: RunOptions): Promise<Rehearsed> {
  let steps: readonly Step[] = [];
  try {
    steps = timelineOf(form, file);
    return { ...(await rehearse(steps, form, file, options)), steps: steps.length };
  } catch (error) {
    if (!(error instanceof CaseProblem) && !(error instanceof TollgateError)) throw error;
    const failures = [{ place: '', text: error.message, facts: [] }];
    return { steps: steps.length, failures, last: undefined };
  }
}

async function rehearse(
  steps: readonly Step[],
  form: CaseForm,
  file: CaseFile,
  options: RunOptions,
): Promise<Pick<Rehearsed, 'failures' | 'last'>> {
  const { catalogue, lists } = options;
  const versions = options.documents.map(versionOf);
  const fixtures = worldOf(form, file);
  const stage = setStage({ versions, catalogue, lists, fixtures, more: form.lists });
  const documents = new Map(options.documents.map((document) => [document.id, document]));
  const rates = ratesOf(fixtures);
  const sites = new Map<string, string>();
  const failures: Failure[] = [];
  let last: Decided | undefined;
  for (const [index, step] of steps.entries()) {
    if (index % STEPS_A_PAUSE === STEPS_A_PAUSE - 1) await options.pause?.();
    stage.world.setTime(step.at);
    await stage.limits.expire(step.at);
    if (step.kind === 'event') {
      await report(stage, step, sites.get(step.of) ?? '', index);
      continue;
    }
    sites.set(step.id, step.payment.site);
    stage.pin(pinsOf(step.facts, step.place, catalogue, stage.layout.slots), usedBefore(step, rates));
    const { record } = await screen(stage, step);
    if (step.expect === undefined) continue;
    const answer = await stage.journal.query({ ids: [record.id], ranges: [], seen: new Map() });
    const payload = answer.entries[0]?.decision;
    if (payload === undefined) throw new Error('a decision was answered and not kept');
    last = { record, payload, layout: stage.layout, documents };
    failures.push(...judge(step.expect, last, step.place));
  }
  await stage.pipeline.close();
  for (const text of stage.troubles) failures.push({ place: '', text, facts: [] });
  return { failures, last };
}

/** What of limits had been used before a payment, in minor units of the base currency. Throws CaseProblem. */
function usedBefore({ used, place }: PaymentStep, rates: Rates): UsedBefore {
  return new Map(
    Object.entries(used ?? {}).map(([limit, text]) => {
      const { minor, currency } = moneyOf(text);
      const base = toBaseMinor(minor, currency, rates);
      if (base === undefined) throw new CaseProblem(`${place}, used: there is no rate for ${currency}`);
      return [limit, base];
    }),
  );
}

function versionOf(document: RuleSetDocument): RuleSetVersion {
  return { ruleSet: document.id, version: 1, hash: '', document };
}

function screen({ pipeline }: Stage, step: PaymentStep) {
  const input = { requestId: step.id, payment: step.payment, raw: encoder.encode(step.id) };
  return pipeline.screen(input, undefined);
}

function report({ pipeline }: Stage, step: EventStep, site: string, index: number) {
  const { form, amount } = step;
  const input: EventInput = {
    eventId: `event-${index}`,
    site,
    kind: step.event,
    decisionId: entryId('decision', site, step.of),
    requestId: '',
    payment: undefined,
    eventTime: step.happenedAt,
    arrivalTime: step.at,
    amount,
    code: form.code ?? '',
    claim: form.claim ?? '',
    threeDs: form.threeDs ?? '',
    liabilityShifted: form.liabilityShifted ?? false,
    label: form.label ?? '',
    fraud: form.fraud ?? false,
    channel: form.channel ?? '',
    raw: encoder.encode(`event-${index}`),
  };
  return pipeline.record(input, undefined);
}
