import type { Database } from './database.js';
import { WorkerCanaries } from './canaries.js';
import type { Dispatcher } from './dispatcher.js';
import { WorkerSites } from './documents.js';
import type { WorkerJournal } from './journal/journal.js';
import { WorkerExceptions } from './exceptions.js';
import { WorkerKeys } from './keys.js';
import { WorkerLimits } from './limits.js';
import { WorkerRules } from './rules.js';
import { WorkerShadows, type BucketPlace } from './shadows.js';
import { ListImporter } from './lists/import.js';
import { DecisionLister } from './journal/list.js';
import { WorkerLists } from './lists/lists.js';
import { early, read, sliced, write, type EndOperation } from './work.js';
import type { ListPlace, WireListFilter } from '../journal/wire.js';
import type { CanaryPart, CanaryRun, RunName } from '../../../decisions/canary/canary-store.js';
import type { Hold, HoldReport } from '../../../decisions/ports.js';
import type {
  DecisionDifference,
  DifferenceFilter,
  DifferencePlace,
  DifferenceRetention,
  ShadowBatch,
  ShadowRun,
} from '../../../decisions/shadow/shadow-store.js';
import type { LogEntry } from '../../../rules/exceptions/exception-log.js';
import type { Evidence } from '../../../rules/publish/evidence.js';
import type { StagedVersion } from '../../../rules/publish/stage.js';
import type { Draft, Layout, Publication, StoredVersion } from '../../../rules/version-store.js';
import type { KeyLogEntry, KeyUse } from '../../../identity/key-store.js';
import type { Kind, Merchant, Site } from '../../../sites/site-store.js';
import { Unavailable } from './failure.js';

/** What has to fit before a store is said to have room: a few hundred decisions. */
const ROOM_BYTES = 1024 * 1024;

/** Everything the main thread may ask for, by name. */
export type StoreOperations = ReturnType<typeof operations>;

/** The operations over a database that is open; `end` closes it. */
export function operations(db: Database, journal: WorkerJournal, dispatcher: Dispatcher, end: () => void) {
  const lister = new DecisionLister(db, journal);
  const limits = new WorkerLimits(db);
  const rules = new WorkerRules(db);
  const shadows = new WorkerShadows(db);
  const canaries = new WorkerCanaries(db);
  const exceptions = new WorkerExceptions(db);
  const sites = new WorkerSites(db);
  const keys = new WorkerKeys(db);
  const lists = new WorkerLists(db);
  const importer = new ListImporter(db, lists.changes);
  importer.forgetAll(dispatcher.context);
  const query = sliced(
    (_, send, ids: readonly string[], keys: Float64Array, froms: Float64Array, longest: number) =>
      journal.query(send, ids, { keys, froms, longest }),
  );
  const close: EndOperation = {
    type: 'end',
    run: () => {
      dispatcher.stop(new Unavailable('the store is closing'));
      end();
    },
  };
  const ping = db.prepare(`INSERT OR REPLACE INTO meta (name, value) VALUES ('ping', ?)`);
  const fill = db.prepare(`INSERT OR REPLACE INTO meta (name, value) VALUES ('ping', zeroblob(?))`);
  return {
    'journal.append': write((context, packed: Uint8Array) => {
      db.unwritten += packed.length;
      return journal.append(context, packed);
    }),
    'journal.query': query,
    // A decision follows in the log what it was made from; what is known by its id may be answered as it is.
    'journal.round': early(query, ({ newest }) => newest <= journal.onDisk),
    'journal.list': sliced((_, _send, filter: WireListFilter, limit: number, after: ListPlace | undefined) =>
      lister.page(filter, limit, after),
    ),
    'journal.scan': read((_, after: number, limit: number) => journal.scan(after, limit)),
    'limits.reserve': write((_, decision: string, holds: readonly Hold[], expiresAt: number) =>
      limits.reserve(decision, holds, expiresAt),
    ),
    'limits.settle': write((_, decision: string, report: HoldReport) => limits.settle(decision, report)),
    'limits.expire': write((_, now: number) => limits.expire(now)),
    'limits.used': read((_, counter: string) => limits.used(counter)),
    'rules.create': write((_, version: StoredVersion, expected: number) => rules.create(version, expected)),
    'rules.get': read((_, ruleSet: string, version: number) => rules.get(ruleSet, version)),
    'rules.versions': read((_, ruleSet: string, limit: number, before: number | undefined) =>
      rules.versions(ruleSet, limit, before),
    ),
    'rules.ruleSets': read(() => rules.ruleSets()),
    'rules.heads': read(() => rules.heads()),
    'rules.staged': read(() => rules.staged()),
    'rules.stagesOf': read((_, ruleSet: string) => rules.stagesOf(ruleSet)),
    'rules.publish': write((_, publication: Publication, changes: readonly StagedVersion[]) =>
      rules.publish(publication, changes),
    ),
    'rules.publications': read((_, ruleSet: string, limit: number, before: number | undefined) =>
      rules.publications(ruleSet, limit, before),
    ),
    'rules.addEvidence': write((_, evidence: Evidence) => rules.addEvidence(evidence)),
    'rules.evidence': read((_, ruleSet: string, version: number) => rules.evidence(ruleSet, version)),
    'rules.putDraft': write((_, draft: Omit<Draft, 'revision'>, before: number) =>
      rules.putDraft(draft, before),
    ),
    'rules.draft': read((_, ruleSet: string) => rules.draft(ruleSet)),
    'rules.drafts': read(() => rules.drafts()),
    'rules.removeDraft': write((_, ruleSet: string, revision: number) =>
      rules.removeDraft(ruleSet, revision),
    ),
    'rules.putLayout': write((_, layout: Layout) => rules.putLayout(layout)),
    'rules.layout': read((_, id: string) => rules.layout(id)),
    'shadows.add': write((_, batch: ShadowBatch) => shadows.add(batch)),
    'shadows.keep': write((_, run: ShadowRun, differences: readonly DecisionDifference[], at: number) =>
      shadows.keep(run, differences, at),
    ),
    'shadows.runs': read((_, ruleSet: string, version: number) => shadows.runs(ruleSet, version)),
    'shadows.buckets': read((_, run: ShadowRun, after: BucketPlace, to: number) =>
      shadows.buckets(run, after, to),
    ),
    'shadows.differences': read(
      (_, run: ShadowRun, filter: DifferenceFilter, limit: number, after: DifferencePlace | undefined) =>
        shadows.differences(run, filter, limit, after),
    ),
    'shadows.trim': write((_, retention: DifferenceRetention) => shadows.trim(retention)),
    'canaries.begin': write((_, run: CanaryRun) => canaries.begin(run)),
    'canaries.count': write((_, name: RunName, part: CanaryPart) => canaries.count(name, part)),
    'canaries.read': read((_, name: RunName) => canaries.read(name)),
    'canaries.look': write((_, name: RunName, look: number, latest: string, before: number) =>
      canaries.look(name, look, latest, before),
    ),
    'exceptions.append': write((_, log: string, entry: LogEntry<unknown>) => exceptions.append(log, entry)),
    'exceptions.since': read((_, log: string, after: number, at: number, limit: number) =>
      exceptions.since(log, after, at, limit),
    ),
    'exceptions.newest': read((_, log: string, before: number | undefined, limit: number) =>
      exceptions.newest(log, before, limit),
    ),
    'exceptions.about': read((_, log: string, refs: readonly string[]) => exceptions.about(log, refs)),
    'sites.put': write((_, kind: Kind, item: Site | Merchant) => sites.put(kind, item)),
    'sites.get': read((_, kind: Kind, id: string) => sites.get(kind, id)),
    'sites.page': read((_, kind: Kind, after: string, size: number) => sites.page(kind, after, size)),
    'sites.changes': read((_, after: number, size: number) => sites.changes(after, size)),
    'keys.append': write((_, entry: KeyLogEntry) => keys.append(entry)),
    'keys.log': read((_, after: number, size: number) => keys.log(after, size)),
    'keys.used': write((_, uses: readonly KeyUse[]) => keys.used(uses)),
    'keys.uses': read(() => keys.uses()),
    ...lists.operations(),
    ...importer.operations(),
    'store.ping': write((context, now: number) => {
      if (db.roomy) {
        ping.run(now);
        return;
      }
      // On a full disk what is small may fit long after decisions do not: only as much as these take shows that there is room.
      fill.run(ROOM_BYTES);
      db.unwritten += ROOM_BYTES;
      context.afterwards((committed) => {
        if (committed) db.roomy = true;
      });
    }),
    'store.close': close,
  };
}
