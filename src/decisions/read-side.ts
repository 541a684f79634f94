import { LRUCache } from 'lru-cache';
import { TollgateError } from '../errors/errors.js';
import type { Attribute } from '../facts/attributes.js';
import type { FactCatalogue } from '../rules/catalogue.js';
import { compileProgram } from '../rules/compile.js';
import { explainRule } from '../rules/explain.js';
import { layoutOf } from '../rules/layout.js';
import { RULE_STATES, type Authentication, type RuleState } from '../rules/outcome.js';
import type { FactValue, Program, RuleSetVersion } from '../rules/program.js';
import type { Layout, RuleVersionStore } from '../rules/version-store.js';
import { canonicalJson } from '../rules/canonical.js';
import { entryId, isEntryId } from './decision-id.js';
import { afterLimits } from './limit-holds.js';
import { recordedValues } from './new-record.js';
import { decodePersonal } from './personal-part.js';
import type { DecisionFilter, Journal, StoredEntry } from './ports.js';
import { reasonsAsIn, type DecisionRecord, type DecisionTrace } from './record.js';
import type {
  DecisionDetail,
  DecisionQuery,
  DecisionRef,
  Decisions,
  ReplayOutput,
  RuleExplanation,
} from './service.js';

/** What reading decisions needs. */
export interface ReadSideOptions {
  readonly journal: Journal;
  /** Other logs and how far they have been seen: what came to them since is not asked for here. */
  readonly seen: () => ReadonlyMap<number, number>;
  readonly versions: RuleVersionStore;
  readonly catalogue: FactCatalogue;
  /** The hash that the stream's attributes are kept as, of a value as a person writes it; 0 when it cannot be one. */
  readonly attributeOf: (attribute: Attribute, value: string) => number;
}

/** Reads, explains and replays what was decided. */
export type ReadSide = Pick<Decisions, 'get' | 'list' | 'explain' | 'replay'>;

interface Opened {
  readonly record: DecisionRecord;
  readonly trace: DecisionTrace;
  readonly raw: Uint8Array;
  readonly layout: Layout;
  readonly values: readonly FactValue[];
}

/** Pages of the store that one ListDecisions call reads at most when it filters further itself. */
const MAX_PAGES = 20;

export function createReadSide(options: ReadSideOptions): ReadSide {
  const { journal, versions } = options;
  const layouts = new LRUCache<string, Layout>({ max: 64 });
  const programs = new LRUCache<string, Program>({ max: 8 });

  async function find(ref: DecisionRef): Promise<StoredEntry> {
    const id = 'id' in ref ? ref.id : entryId('decision', ref.site, ref.requestId);
    const known = isEntryId(id);
    const { entries } = known
      ? await journal.query({ ids: [id], ranges: [], seen: options.seen() })
      : { entries: [undefined] };
    const entry = entries[0];
    if (entry?.decision === undefined)
      throw new TollgateError('DECISION_NOT_FOUND', `no decision ${describe(ref)}`);
    return entry;
  }

  async function open(ref: DecisionRef): Promise<Opened> {
    const { decision } = await find(ref);
    if (decision === undefined) throw new Error('find gives decisions only');
    const record = JSON.parse(decision.record) as DecisionRecord;
    const trace = JSON.parse(decision.trace) as DecisionTrace;
    const { request, facts } = decodePersonal(decision.personal);
    const layout = layouts.get(trace.layout) ?? (await versions.layout(trace.layout));
    if (layout === undefined)
      throw new Error(`the layout ${trace.layout} of decision ${record.id} is not stored`);
    layouts.set(trace.layout, layout);
    return { record, trace, raw: request, layout, values: recordedValues(trace, facts) };
  }

  async function programOf(layout: Layout): Promise<Program> {
    const cached = programs.get(layout.id);
    if (cached !== undefined) return cached;
    const loaded: RuleSetVersion[] = [];
    for (const { ruleSet, version, hash } of layout.versions) {
      const stored = await versions.get(ruleSet, version);
      if (stored === undefined || stored.hash !== hash)
        throw new TollgateError(
          'VERSION_NOT_FOUND',
          `version ${version} of ${ruleSet} is not stored as it was`,
        );
      loaded.push(stored);
    }
    const program = compileProgram(loaded);
    programs.set(layout.id, program);
    return program;
  }

  async function replay(ref: DecisionRef): Promise<ReplayOutput> {
    const { record, trace, layout, values } = await open(ref);
    const program = await programOf(layout);
    const byKey = new Map(layout.slots.map((slot, index) => [slotKey(slot), values[index]]));
    const again =
      layoutOf(program).id === layout.id ? values : program.slots.map((slot) => byKey.get(slotKey(slot)));
    const states = program.evaluate(again);
    const verdict = program.verdict(states, record.authentication);
    const final = afterLimits(verdict, record.limits, record.base?.minor ?? Number.NaN, (ruleSet, name) => {
      return program.limits.find((limit) => limit.ruleSet === ruleSet && limit.limit.name === name)?.limit;
    });
    const flags = record.flags.filter((flag) => flag !== 'degraded');
    const replayed: DecisionRecord = {
      ...record,
      outcome: final.outcome,
      reasons: reasonsAsIn(record, final.reasons),
      threeDs: verdict.threeDs,
      exemption: verdict.exemption,
      hits: verdict.hits,
      flags: final.degraded ? [...flags, 'degraded'] : flags,
    };
    const differences = differencesOf(record, replayed);
    const statesNow = program.rules.map(({ index }) => states[index] ?? 0);
    const recordedStates = new Map(
      layout.rules.map(([ruleSet, rule], index) => [
        `${ruleSet}/${rule}`,
        Number(trace.states[index] ?? '0'),
      ]),
    );
    for (const [index, { ruleSet, rule }] of program.rules.entries()) {
      const before = recordedStates.get(`${ruleSet}/${rule.name}`) ?? -1;
      const now = statesNow[index] ?? 0;
      if (before !== now)
        differences.push(
          `rule ${ruleSet}/${rule.name} was ${RULE_STATES[before] ?? 'absent'} and is ${RULE_STATES[now]}`,
        );
    }
    for (const held of program.limits) {
      const { index, ruleSet, limit } = held;
      const [before, now] = [Number(trace.limitStates[index] ?? '0'), held.applies(again)];
      if (before !== now)
        differences.push(
          `limit ${ruleSet}/${limit.name} was ${RULE_STATES[before] ?? 'absent'} and is ${RULE_STATES[now] ?? 'absent'}`,
        );
    }
    return { recorded: record, replayed, identical: differences.length === 0, differences };
  }

  return {
    async get(ref): Promise<DecisionDetail> {
      const { record, trace, raw, layout, values } = await open(ref);
      return {
        record,
        raw,
        facts: layout.slots.map(({ fact, params }, slot) => ({
          fact,
          params,
          value: values[slot],
          source: options.catalogue.get(fact)?.source ?? 'unknown',
        })),
        rules: layout.rules.map(([ruleSet, rule], index) => ({
          ruleSet,
          rule,
          state: stateAt(trace, index),
        })),
        seen: trace.seen.map(([log, seq]) => ({ log, seq })),
        evaluationUs: trace.evaluationUs,
      };
    },

    async list(query) {
      const filter = filterOf(query, options.attributeOf);
      const size = query.pageSize === 0 ? 50 : query.pageSize;
      const records: DecisionRecord[] = [];
      let token = query.pageToken === '' ? undefined : query.pageToken;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const { entries, next } = await journal.list(filter, size - records.length, token);
        for (const { decision } of entries) {
          if (decision === undefined) continue;
          const record = JSON.parse(decision.record) as DecisionRecord;
          if (query.rule === '' || hitBy(record, query.rule)) records.push(record);
        }
        token = next;
        if (token === undefined || records.length >= size) break;
      }
      return { records, next: token ?? '' };
    },

    async explain(ref, allRules) {
      const { record, trace, layout, values } = await open(ref);
      const program = await programOf(layout);
      const byKey = new Map(layout.slots.map((slot, index) => [slotKey(slot), values[index]]));
      const rules: RuleExplanation[] = [];
      for (const [index, [ruleSet, name]] of layout.rules.entries()) {
        const state = stateAt(trace, index);
        if (!allRules && (state === 'no-hit' || state === 'skipped')) continue;
        const version = program.versions.find((candidate) => candidate.ruleSet === ruleSet);
        const rule = version?.document.rules.find((candidate) => candidate.name === name);
        if (version === undefined || rule === undefined) continue;
        const conditions = explainRule(rule.conditions, version.document, (fact, params) =>
          byKey.get(slotKey({ fact, ...(params === undefined ? {} : { params }) })),
        );
        const text = `${ruleSet}/${name} (${state}): ${conditions.text}`;
        rules.push({ ruleSet, rule: name, description: rule.description ?? '', state, conditions, text });
      }
      return { record, rules, summary: summaryOf(record, rules, replacedReviews(record, program)) };
    },

    replay,
  };
}

function stateAt(trace: DecisionTrace, index: number): RuleState {
  return RULE_STATES[Number(trace.states[index] ?? '0')] ?? 'no-hit';
}

function slotKey(slot: { readonly fact: string; readonly params?: unknown }): string {
  return slot.params === undefined ? slot.fact : `${slot.fact} ${canonicalJson(slot.params)}`;
}

function describe(ref: DecisionRef): string {
  return 'id' in ref ? ref.id : `of site ${ref.site} with request id ${ref.requestId}`;
}

function hitBy(record: DecisionRecord, rule: string): boolean {
  return record.hits.some((hit) => hit.state === 'hit' && `${hit.ruleSet}/${hit.rule}` === rule);
}

function filterOf(query: DecisionQuery, attributeOf: ReadSideOptions['attributeOf']): DecisionFilter {
  const wanted: readonly (readonly [Attribute, string])[] = [
    ['customer', query.customerId],
    ['card', query.cardFingerprint],
    ['order', query.orderId],
    ['email', query.email],
    ['ip', query.ip],
    ['merchant', query.merchant],
    ['device', query.deviceId],
  ];
  const keys = wanted
    .filter(([, value]) => value !== '')
    .map(([attribute, value]) => attributeOf(attribute, value));
  return {
    ...(query.site === '' ? {} : { site: query.site }),
    ...(query.outcomes.length === 0 ? {} : { outcomes: query.outcomes }),
    ...(query.from === undefined ? {} : { from: query.from }),
    ...(query.to === undefined ? {} : { to: query.to }),
    ...(keys.length === 0 ? {} : { keys }),
    ...(query.degraded ? { degraded: true } : {}),
  };
}

function differencesOf(recorded: DecisionRecord, replayed: DecisionRecord): string[] {
  const differences: string[] = [];
  for (const name of ['outcome', 'threeDs', 'exemption', 'reasons', 'hits', 'flags'] as const) {
    const [before, now] = [canonicalJson(recorded[name]), canonicalJson(replayed[name])];
    if (before !== now) differences.push(`${name} was ${before} and is ${now}`);
  }
  return differences;
}

/** Says of which rules the review became something else: see `withoutThreeDs`. */
function replacedReviews({ hits }: DecisionRecord, { rules }: Program): string[] {
  return hits.flatMap(({ ruleSet, rule, state, outcome }) => {
    const found = rules.find((one) => one.ruleSet === ruleSet && one.rule.name === rule);
    if (state !== 'hit' || outcome === 'review' || found?.rule.event.type !== 'review') return [];
    return `${ruleSet}/${rule} would ask for a review; where 3-D Secure cannot run its set has ${outcome} instead`;
  });
}

const CANNOT_RUN: Readonly<Record<Authentication, string | undefined>> = {
  possible: undefined,
  'no-card': 'paid with no card',
  'merchant-initiated': 'the payment is merchant-initiated',
};

function summaryOf(
  record: DecisionRecord,
  rules: readonly RuleExplanation[],
  replaced: readonly string[],
): string[] {
  const reasons = record.reasons.length === 0 ? 'no rule asked for more' : record.reasons.join(', ');
  const lines = [`${record.outcome}: ${reasons}`];
  if (record.threeDs !== 'none') lines.push(`3-D Secure: ${record.threeDs}`);
  const cannot = CANNOT_RUN[record.authentication ?? 'possible'];
  if (cannot !== undefined) lines.push(`3-D Secure cannot run: ${cannot}`);
  lines.push(...replaced);
  for (const rule of rules) lines.push(rule.text);
  for (const use of record.limits) {
    const held = use.reserved ? 'reserved' : 'no room';
    lines.push(
      `limit ${use.ruleSet}/${use.limit}: ${use.usedMinor} of ${use.capMinor} minor units used before, ${held}`,
    );
  }
  if (record.flags.length > 0) lines.push(`marked ${record.flags.join(', ')}`);
  return lines;
}
