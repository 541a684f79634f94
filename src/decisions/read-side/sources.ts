import { readSources, type RecordedSources } from '../evaluate/sources.js';
import { originsOf, ORIGINS, type Origin } from '../../facts/origins.js';
import type { FactCatalogue } from '../../rules/catalogue.js';
import type { FactParams } from '../../rules/document/document.js';
import type { Layout, Reference } from '../../rules/version-store.js';
import { listsRead } from '../../rules/versions/layout.js';
import type { SourceExplanation } from '../explanation.js';
import type { DecisionRecord, DecisionTrace } from '../record.js';
import { ageText, momentText } from '../../world/age-text.js';

/** Everything that the facts of a decision were read from. */
export interface Sources {
  readonly all: readonly SourceExplanation[];
  /** What one fact was read from. */
  /** The catalogue's word for where a fact comes from. */
  wordOf(fact: string): string;
  of(fact: string, params: FactParams | undefined): readonly SourceExplanation[];
}

interface Told {
  readonly record: DecisionRecord;
  readonly trace: DecisionTrace;
  readonly layout: Layout;
  /** undefined: the record was made before it was kept. */
  readonly recorded: RecordedSources | undefined;
}

/** Says what the facts of a decision were read from, and how old that was; what was not kept is said to be so. */
export function sourcesOf(
  record: DecisionRecord,
  trace: DecisionTrace,
  layout: Layout,
  catalogue: FactCatalogue,
): Sources {
  const recorded = readSources(trace.sources, listsRead(layout.slots));
  const told: Told = { record, trace, layout, recorded };
  const known = new Map<string, SourceExplanation>();
  const source = (origin: Origin, id: string): SourceExplanation => {
    const key = `${origin}:${id}`;
    const ready = known.get(key) ?? explain(origin, id, told);
    known.set(key, ready);
    return ready;
  };
  const of: Sources['of'] = (fact, params) => {
    const definition = catalogue.get(fact);
    if (definition === undefined) return [];
    const list = params?.['list'];
    return originsOf(definition, params).map((origin) =>
      source(origin, origin === 'list' && typeof list === 'string' ? list : ''),
    );
  };
  for (const { fact, params } of layout.slots) of(fact, params);
  const all = [...known.values()].toSorted((a, b) => ORIGINS.indexOf(a.origin) - ORIGINS.indexOf(b.origin));
  return { all, wordOf: (fact) => catalogue.get(fact)?.source ?? 'unknown', of };
}

function explain(origin: Origin, id: string, told: Told): SourceExplanation {
  const { record, recorded } = told;
  switch (origin) {
    case 'request':
      return present(record, origin, record.requestId, `the request, of ${momentText(record.eventTime)}`);
    case 'clock':
      return present(record, origin, id, `the time of the payment, ${momentText(record.eventTime)}`);
    case 'site':
      return settings(origin, record.site, recorded?.site);
    case 'merchant':
      return settings(origin, '', recorded?.merchant);
    case 'journal':
      return present(record, origin, id, journalText(told));
    case 'list':
      return listSource(id, told);
    default:
      return tableSource(origin, told);
  }
}

/** As of the very moment that the decision is for: the time of the payment. */
function present({ eventTime }: DecisionRecord, origin: Origin, id: string, text: string): SourceExplanation {
  return { origin, id, revision: undefined, asOf: eventTime, age: 0, text };
}

/** What is read as it is known when it is decided, whatever the time of the payment. */
function at(
  { decidedAt }: DecisionRecord,
  one: Pick<SourceExplanation, 'origin' | 'id' | 'text'> & {
    readonly asOf: number | undefined;
    readonly revision?: number;
  },
): SourceExplanation {
  const { origin, id, asOf, revision, text } = one;
  return { origin, id, revision, asOf, age: asOf === undefined ? undefined : decidedAt - asOf, text };
}

/** What a site or merchant was set to has no age of its own: it holds until it is changed. */
function settings(origin: 'site' | 'merchant', id: string, revision: number | undefined): SourceExplanation {
  const how =
    revision === undefined
      ? 'which revision was not kept'
      : revision === 0
        ? 'not configured'
        : `revision ${revision}`;
  const name = id === '' ? origin : `${origin} ${id}`;
  return { origin, id, revision, asOf: undefined, age: undefined, text: `${name}: ${how}` };
}

function journalText({ record, trace, layout }: Told): string {
  const count = (fact: string): number => layout.slots.filter((slot) => slot.fact === fact).length;
  const windows = [
    [count('velocity'), 'velocity', 'velocities'],
    [count('history'), 'history', 'histories'],
    [count('habit'), 'habit', 'habits'],
  ]
    .filter(([number]) => number !== 0)
    .map(([number, one, many]) => `${number} ${number === 1 ? one : many}`)
    .join(', ');
  const others = trace.seen.map(([log, seq]) => `log ${log} up to ${seq}`);
  const seen = [`log ${record.log} before ${record.seq}`, ...others].join(', ');
  return `payments and events up to ${momentText(record.eventTime)}: ${windows} over ${seen}`;
}

function listSource(id: string, { record, recorded }: Told): SourceExplanation {
  const revision = recorded?.lists.get(id);
  const age = recorded?.listsAge;
  if (revision === undefined || age === undefined) {
    const text = `list ${id}: which revision was not kept`;
    return at(record, { origin: 'list', id, asOf: undefined, text });
  }
  const which = revision === 0 ? 'without entries, or not there' : `revision ${revision}`;
  const text = `list ${id}: ${which}, as known ${ageText(age)} before`;
  return at(record, { origin: 'list', id, revision, asOf: record.decidedAt - age, text });
}

const TABLES: Readonly<Record<Reference['source'], string>> = {
  geography: 'countries of addresses',
  bins: 'table of BINs',
  rates: 'exchange rates',
};

function tableSource(origin: Reference['source'], { record, layout }: Told): SourceExplanation {
  const found = layout.references?.find(({ source }) => source === origin);
  const name = TABLES[origin];
  if (origin === 'rates' && record.rateId === '')
    return at(record, { origin, id: '', asOf: undefined, text: `${name}: none for the currency` });
  const id = origin === 'rates' ? record.rateId : (found?.id ?? '');
  if (found === undefined || found.id !== id) {
    const text = id === '' ? `${name}: which was not kept` : `${name} ${id}`;
    return at(record, { origin, id, asOf: undefined, text });
  }
  const asOf = found.asOf ?? undefined;
  const of = asOf === undefined ? 'which tells no date' : `of ${momentText(asOf)}`;
  return at(record, { origin, id, asOf, text: `${name} ${id}, ${of}` });
}
