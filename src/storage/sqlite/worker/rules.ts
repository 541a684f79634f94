import type { Evidence } from '../../../rules/publish/evidence.js';
import { wouldClash, type StagedVersion } from '../../../rules/publish/stage.js';
import type { Draft, Layout, Publication, RuleSetHead, StoredVersion } from '../../../rules/version-store.js';
import { bodies, parsed } from './bodies.js';
import type { Database } from './database.js';

/** Rule versions and all that is kept about them: few and small, as JSON. Writes are part of a transaction. */
export class WorkerRules {
  readonly #statements;

  constructor(db: Database) {
    const evidence = 'SELECT body FROM rule_evidence WHERE rule_set = ? AND version = ?';
    this.#statements = {
      latest: db.prepare('SELECT ifnull(max(version), 0) FROM rule_versions WHERE rule_set = ?'),
      add: db.prepare('INSERT INTO rule_versions (rule_set, version, body) VALUES (?, ?, ?)'),
      get: db.prepare('SELECT body FROM rule_versions WHERE rule_set = ? AND version = ?'),
      versions: db.prepare(
        'SELECT body FROM rule_versions WHERE rule_set = ? AND version < ? ORDER BY version DESC LIMIT ?',
      ),
      ruleSets: db.prepare(
        'SELECT rule_set, max(version) FROM rule_versions GROUP BY rule_set ORDER BY rule_set',
      ),
      heads: db.prepare(
        'SELECT rule_set, max(revision) FROM publications GROUP BY rule_set ORDER BY rule_set',
      ),
      revision: db.prepare('SELECT ifnull(max(revision), 0) FROM publications WHERE rule_set = ?'),
      publish: db.prepare('INSERT INTO publications (rule_set, revision, body) VALUES (?, ?, ?)'),
      publications: db.prepare(
        'SELECT body FROM publications WHERE rule_set = ? AND revision < ? ORDER BY revision DESC LIMIT ?',
      ),
      leave: db.prepare('DELETE FROM rule_stages WHERE rule_set = ? AND scope = ? AND version = ?'),
      stage: db.prepare(
        'INSERT INTO rule_stages (rule_set, scope, version, stage, body) VALUES (?, ?, ?, ?, ?)',
      ),
      staged: db.prepare(
        `SELECT body FROM rule_stages WHERE stage <> 'archived' ORDER BY rule_set, scope, version`,
      ),
      stagesOf: db.prepare('SELECT body FROM rule_stages WHERE rule_set = ? ORDER BY scope, version'),
      evidence: db.prepare(`${evidence} ORDER BY number`),
      latestEvidence: db.prepare(
        'SELECT ifnull(max(number), 0) FROM rule_evidence WHERE rule_set = ? AND version = ?',
      ),
      addEvidence: db.prepare(
        'INSERT INTO rule_evidence (rule_set, version, number, body) VALUES (?, ?, ?, ?)',
      ),
      // An empty body is what is left of a draft that is gone: the next one goes on from its revision.
      draft: db.prepare(`SELECT body FROM rule_drafts WHERE rule_set = ? AND body <> ''`),
      drafts: db.prepare(`SELECT body FROM rule_drafts WHERE body <> '' ORDER BY rule_set`),
      draftRevision: db.prepare(`SELECT revision, body <> '' FROM rule_drafts WHERE rule_set = ?`),
      putDraft: db.prepare('INSERT OR REPLACE INTO rule_drafts (rule_set, revision, body) VALUES (?, ?, ?)'),
      removeDraft: db.prepare(`UPDATE rule_drafts SET body = '' WHERE rule_set = ?`),
      putLayout: db.prepare('INSERT OR IGNORE INTO layouts (id, body) VALUES (?, ?)'),
      layout: db.prepare('SELECT body FROM layouts WHERE id = ?'),
    };
  }

  create(version: StoredVersion, expectedLatest: number): 'created' | 'stale' {
    const latest = Number(this.#statements.latest.get(version.ruleSet)?.[0]);
    if (latest !== expectedLatest || version.version !== expectedLatest + 1) return 'stale';
    this.#statements.add.run(version.ruleSet, version.version, JSON.stringify(version));
    return 'created';
  }

  get(ruleSet: string, version: number): StoredVersion | undefined {
    return parsed(this.#statements.get.get(ruleSet, version));
  }

  versions(ruleSet: string, limit: number, before: number | undefined): StoredVersion[] {
    return bodies(this.#statements.versions, ruleSet, before ?? Number.MAX_SAFE_INTEGER, limit);
  }

  ruleSets(): { ruleSet: string; latest: number }[] {
    return this.#statements.ruleSets
      .all()
      .map(([ruleSet, latest]) => ({ ruleSet: String(ruleSet), latest: Number(latest) }));
  }

  heads(): RuleSetHead[] {
    return this.#statements.heads
      .all()
      .map(([ruleSet, revision]) => ({ ruleSet: String(ruleSet), revision: Number(revision) }));
  }

  staged(): StagedVersion[] {
    return bodies(this.#statements.staged);
  }

  stagesOf(ruleSet: string): StagedVersion[] {
    return bodies(this.#statements.stagesOf, ruleSet);
  }

  publish(publication: Publication, changes: readonly StagedVersion[]): 'published' | 'stale' {
    const { ruleSet, revision } = publication;
    if (Number(this.#statements.revision.get(ruleSet)?.[0]) !== revision - 1) return 'stale';
    // The indexes say so, too; what they refuse would end as a fault.
    if (wouldClash(this.stagesOf(ruleSet), changes)) return 'stale';
    for (const { scope, version } of changes) this.#statements.leave.run(ruleSet, scope, version);
    for (const staged of changes)
      this.#statements.stage.run(ruleSet, staged.scope, staged.version, staged.stage, JSON.stringify(staged));
    this.#statements.publish.run(ruleSet, revision, JSON.stringify(publication));
    return 'published';
  }

  publications(ruleSet: string, limit: number, before: number | undefined): Publication[] {
    return bodies(this.#statements.publications, ruleSet, before ?? Number.MAX_SAFE_INTEGER, limit);
  }

  addEvidence(evidence: Evidence): 'added' | 'stale' {
    const { ruleSet, version, number } = evidence;
    if (Number(this.#statements.latestEvidence.get(ruleSet, version)?.[0]) !== number - 1) return 'stale';
    this.#statements.addEvidence.run(ruleSet, version, number, JSON.stringify(evidence));
    return 'added';
  }

  evidence(ruleSet: string, version: number): Evidence[] {
    return bodies(this.#statements.evidence, ruleSet, version);
  }

  putDraft(draft: Omit<Draft, 'revision'>, before: number): number | 'stale' {
    const { ruleSet } = draft;
    const { last, there } = this.#lastDraft(ruleSet);
    if ((there ? last : 0) !== before) return 'stale';
    const revision = last + 1;
    this.#statements.putDraft.run(ruleSet, revision, JSON.stringify({ ...draft, revision }));
    return revision;
  }

  draft(ruleSet: string): Draft | undefined {
    return parsed(this.#statements.draft.get(ruleSet));
  }

  drafts(): Draft[] {
    return bodies(this.#statements.drafts);
  }

  removeDraft(ruleSet: string, revision: number): 'removed' | 'stale' {
    const { last, there } = this.#lastDraft(ruleSet);
    if (!there || last !== revision) return 'stale';
    this.#statements.removeDraft.run(ruleSet);
    return 'removed';
  }

  putLayout(layout: Layout): void {
    this.#statements.putLayout.run(layout.id, JSON.stringify(layout));
  }

  layout(id: string): Layout | undefined {
    return parsed(this.#statements.layout.get(id));
  }

  /** The revision of the last draft of a rule set, 0 where there was none, and whether it is there yet. */
  #lastDraft(ruleSet: string): { readonly last: number; readonly there: boolean } {
    const [last, there] = this.#statements.draftRevision.get(ruleSet) ?? [0, 0];
    return { last: Number(last), there: Number(there) === 1 };
  }
}
