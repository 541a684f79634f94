import { LRUCache } from 'lru-cache';
import { TollgateError } from '../../errors/errors.js';
import type { Attribute } from '../../facts/attributes.js';
import type { FactCatalogue } from '../../rules/catalogue.js';
import { compileProgram } from '../../rules/compile/compile.js';
import { explainRule } from '../../rules/explain/explain.js';
import { RULE_STATES, type RuleState } from '../../rules/outcome.js';
import type { FactValue, Program, RuleSetVersion } from '../../rules/program.js';
import { slotKey } from '../../rules/document/resolve.js';
import type { Layout, RuleVersionStore } from '../../rules/version-store.js';
import { stopIfGone, type Caller } from '../caller.js';
import { entryId, isEntryId } from '../record/decision-id.js';
import { decisionSummary } from './decision-summary.js';
import { recordedValues } from '../record/new-record.js';
import { decodePersonal } from '../record/personal-part.js';
import type { DecisionFilter, Journal, StoredEntry } from '../ports.js';
import type { DecisionRecord, DecisionTrace } from '../record.js';
import type { DecisionDetail, DecisionQuery, DecisionRef, Decisions, RuleExplanation } from '../decisions.js';
import { replay, type KeptDecision } from './replay.js';

/** What reading decisions needs. */
export interface ReadSideOptions {
  readonly journal: Journal;
  readonly versions: RuleVersionStore;
  readonly catalogue: FactCatalogue;
  /** The hash that the stream's attributes are kept as, of a value as a person writes it; 0 when it cannot be one. */
  readonly attributeOf: (attribute: Attribute, value: string) => number;
}

/** Reads, explains and replays what was decided. */
export type ReadSide = Pick<Decisions, 'get' | 'list' | 'explain' | 'replay'>;

interface Opened extends KeptDecision {
  readonly raw: Uint8Array;
}

export function createReadSide(options: ReadSideOptions): ReadSide {
  const { journal, versions } = options;
  const layouts = new LRUCache<string, Layout>({ max: 64 });
  const programs = new LRUCache<string, Program>({ max: 8 });

  async function find(ref: DecisionRef, caller: Caller | undefined): Promise<StoredEntry> {
    const id = 'id' in ref ? ref.id : entryId('decision', ref.site, ref.requestId);
    const known = isEntryId(id);
    const { entries } = known
      ? await journal.query({ ids: [id], ranges: [], seen: undefined })
      : { entries: [undefined] };
    const entry = entries[0];
    const bound = caller?.sites;
    if (entry?.decision === undefined || bound?.has(entry.decision.site) === false)
      throw new TollgateError('DECISION_NOT_FOUND', `no decision ${describe(ref)}`);
    return entry;
  }

  async function open(ref: DecisionRef, caller: Caller | undefined): Promise<Opened> {
    const { decision } = await find(ref, caller);
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

  async function programOf(layout: Layout, caller: Caller | undefined): Promise<Program> {
    const cached = programs.get(layout.id);
    if (cached !== undefined) return cached;
    const loaded: RuleSetVersion[] = [];
    for (const { ruleSet, version, hash } of layout.versions) {
      stopIfGone(caller);
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

  return {
    async get(ref, caller): Promise<DecisionDetail> {
      const { record, trace, raw, layout, values } = await open(ref, caller);
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
      const token = query.pageToken === '' ? undefined : query.pageToken;
      const { entries, next } = await journal.list(filter, query.pageSize, token);
      const records = entries.flatMap(({ decision }) =>
        decision === undefined ? [] : [JSON.parse(decision.record) as DecisionRecord],
      );
      return { records, next: next ?? '' };
    },

    async explain(ref, allRules, caller) {
      const { record, trace, layout, values } = await open(ref, caller);
      const program = await programOf(layout, caller);
      const byKey = factsByKey(layout, values);
      const rules: RuleExplanation[] = [];
      for (const [index, [ruleSet, name]] of layout.rules.entries()) {
        const state = stateAt(trace, index);
        if (!allRules && (state === 'no-hit' || state === 'skipped')) continue;
        const version = program.versions.find((candidate) => candidate.ruleSet === ruleSet);
        const rule = version?.document.rules.find((candidate) => candidate.name === name);
        if (version === undefined || rule === undefined) continue;
        const conditions = explainRule(rule.conditions, version.document, (fact, params) =>
          byKey.get(slotKey(fact, params)),
        );
        const text = `${ruleSet}/${name} (${state}): ${conditions.text}`;
        rules.push({ ruleSet, rule: name, description: rule.description ?? '', state, conditions, text });
      }
      return { record, rules, summary: decisionSummary(record, rules, program) };
    },

    async replay(ref, caller) {
      const kept = await open(ref, caller);
      const { replayed, differences } = replay(kept, await programOf(kept.layout, caller));
      return { recorded: kept.record, replayed, identical: differences.length === 0, differences };
    },
  };
}

function stateAt(trace: DecisionTrace, index: number): RuleState {
  return RULE_STATES[Number(trace.states[index] ?? '0')] ?? 'no-hit';
}

function factsByKey({ slots }: Layout, values: readonly FactValue[]): ReadonlyMap<string, FactValue> {
  return new Map(slots.map(({ fact, params }, index) => [slotKey(fact, params), values[index]]));
}

function describe(ref: DecisionRef): string {
  return 'id' in ref ? ref.id : `of site ${ref.site} with request id ${ref.requestId}`;
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
    ...(query.rule === '' ? {} : { rule: query.rule }),
  };
}
