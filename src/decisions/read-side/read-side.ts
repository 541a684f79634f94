import { LRUCache } from 'lru-cache';
import { TollgateError } from '../../errors/errors.js';
import type { Attribute } from '../../facts/attributes.js';
import type { FactCatalogue } from '../../rules/catalogue.js';
import { compileProgram } from '../../rules/compile/compile.js';
import { conditionReader, type ConditionReader } from '../../rules/explain/condition-reader.js';
import type { Program, RuleSetVersion } from '../../rules/program.js';
import type { Layout, RuleVersionStore } from '../../rules/version-store.js';
import type { Provenance, ProvenanceOf } from '../../rules/versions/provenance.js';
import { stopIfGone, type Caller } from '../caller.js';
import { entryId, isEntryId } from '../record/decision-id.js';
import { recordedValues } from '../record/new-record.js';
import { decodePersonal } from '../record/personal-part.js';
import type { DecisionFilter, Journal, StoredEntry } from '../ports.js';
import type { DecisionRecord, DecisionTrace } from '../record.js';
import type { DecisionDetail, DecisionQuery, DecisionRef, Decisions } from '../decisions.js';
import type { ListMembership } from '../explanation.js';
import { readSources } from '../evaluate/sources.js';
import { slotKey } from '../../rules/document/resolve.js';
import { listsRead } from '../../rules/versions/layout.js';
import { explainDecision } from './explain.js';
import { stateAt } from './kept-rules.js';
import { replay, type KeptDecision } from './replay.js';

/** What reading decisions needs. */
export interface ReadSideOptions {
  readonly journal: Journal;
  readonly versions: RuleVersionStore;
  /** Where a version that decided came from. */
  readonly provenance: ProvenanceOf;
  /** How a payment that was on a list came to be on it; left out: nobody knows. */
  readonly membership?: MembershipOf;
  readonly catalogue: FactCatalogue;
  /** The hash that the stream's attributes are kept as, of a value as a person writes it; 0 when it cannot be one. */
  readonly attributeOf: (attribute: Attribute, value: string) => number;
}

/** Which membership: of the payment that a request asked about, as lists were when it was decided. */
export interface MembershipQuery {
  /** The ScreenRequest message. */
  readonly raw: Uint8Array;
  readonly list: string;
  /** Which value of the payment; undefined: what the list's type says. */
  readonly of: string | undefined;
  /** Epoch ms. */
  readonly decidedAt: number;
  /** The last change of the list that was known; undefined: not kept. */
  readonly revision: number | undefined;
}

/** Tells a membership; undefined: it is not known any more. */
export type MembershipOf = (query: MembershipQuery) => Promise<ListMembership | undefined>;

/** Reads, explains and replays what was decided. */
export type ReadSide = Pick<Decisions, 'get' | 'list' | 'explain' | 'replay'>;

interface Opened extends KeptDecision {
  readonly raw: Uint8Array;
}

/** What is stored of the rules of a decision. */
interface KeptVersions {
  readonly versions: readonly RuleSetVersion[];
  readonly program: Program | undefined;
  readonly nodeOf: ConditionReader;
}

export function createReadSide(options: ReadSideOptions): ReadSide {
  const { journal, versions } = options;
  const layouts = new LRUCache<string, Layout>({ max: 64 });
  const known = new LRUCache<string, KeptVersions>({ max: 8 });

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

  /** Those of a layout that are stored as they were, and the program, where all are. */
  async function rulesOf(layout: Layout, caller: Caller | undefined): Promise<KeptVersions> {
    const cached = known.get(layout.id);
    if (cached !== undefined) return cached;
    const loaded: RuleSetVersion[] = [];
    for (const { ruleSet, version, hash } of layout.versions) {
      stopIfGone(caller);
      const stored = await versions.get(ruleSet, version);
      if (stored?.hash === hash) loaded.push(stored);
    }
    const nodeOf = conditionReader();
    if (loaded.length < layout.versions.length) return { versions: loaded, program: undefined, nodeOf };
    const kept = { versions: loaded, program: compileProgram(loaded), nodeOf };
    known.set(layout.id, kept);
    return kept;
  }

  async function provenancesOf(
    { ruleSets, decidedAt, site, lots = [] }: DecisionRecord,
    caller: Caller | undefined,
  ): Promise<(Provenance | undefined)[]> {
    const found: (Provenance | undefined)[] = [];
    for (const { ruleSet, version } of ruleSets) {
      stopIfGone(caller);
      const lot = lots.find((one) => one.drawn && one.ruleSet === ruleSet && one.version === version);
      found.push(await options.provenance({ ruleSet, version, site, at: decidedAt, since: lot?.since }));
    }
    return found;
  }

  /** Few lists say yes: each is asked by itself. */
  async function membershipsOf(
    { layout, values, record, trace, raw }: Opened,
    caller: Caller | undefined,
  ): Promise<ReadonlyMap<string, ListMembership>> {
    const found = new Map<string, ListMembership>();
    const recorded = readSources(trace.sources, listsRead(layout.slots));
    for (const [slot, { fact, params }] of layout.slots.entries()) {
      const [list, of] = [params?.['list'], params?.['of']];
      if (fact !== 'list' || values[slot] !== true || typeof list !== 'string') continue;
      stopIfGone(caller);
      const membership = await options.membership?.({
        raw,
        list,
        of: typeof of === 'string' ? of : undefined,
        decidedAt: record.decidedAt,
        revision: recorded?.lists.get(list),
      });
      if (membership !== undefined) found.set(slotKey(fact, params), membership);
    }
    return found;
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

    async explain(ref, wanted, caller) {
      const kept = await open(ref, caller);
      const rules = await rulesOf(kept.layout, caller);
      const provenances = await provenancesOf(kept.record, caller);
      const memberships = await membershipsOf(kept, caller);
      const { catalogue } = options;
      return explainDecision({ kept, ...rules, provenances, memberships, catalogue }, wanted);
    },

    async replay(ref, caller) {
      const kept = await open(ref, caller);
      const { program, versions: loaded } = await rulesOf(kept.layout, caller);
      if (program === undefined) throw gone(kept.layout, loaded);
      const { replayed, differences } = replay(kept, program);
      return { recorded: kept.record, replayed, identical: differences.length === 0, differences };
    },
  };
}

/** Names a version that is not there. */
function gone(layout: Layout, loaded: readonly RuleSetVersion[]): TollgateError {
  const lacking = layout.versions.find((one) => !loaded.some(({ ruleSet }) => ruleSet === one.ruleSet));
  const which = `version ${lacking?.version ?? 0} of ${lacking?.ruleSet ?? ''}`;
  return new TollgateError('VERSION_NOT_FOUND', `${which} is not stored as it was`);
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
