import type { KeyStore } from '../../identity/key-store.js';
import type { RuleVersionStore } from '../../rules/version-store.js';
import type { Merchant, Site, SiteStore } from '../../sites/site-store.js';
import type { Connection } from './connection.js';

/** Rule versions and what is active, as the main thread sees them. */
export function sqliteRules(connection: Connection): RuleVersionStore {
  return {
    create: (version, expectedLatest) => connection.call('rules.create', [version, expectedLatest]),
    get: (ruleSet, version) => connection.call('rules.get', [ruleSet, version]),
    versions: (ruleSet, limit, before) => connection.call('rules.versions', [ruleSet, limit, before]),
    ruleSets: () => connection.call('rules.ruleSets', []),
    heads: () => connection.call('rules.heads', []),
    staged: () => connection.call('rules.staged', []),
    stagesOf: (ruleSet) => connection.call('rules.stagesOf', [ruleSet]),
    publish: (publication, changes) => connection.call('rules.publish', [publication, changes]),
    publications: (ruleSet, limit, before) => connection.call('rules.publications', [ruleSet, limit, before]),
    addEvidence: (evidence) => connection.call('rules.addEvidence', [evidence]),
    evidence: (ruleSet, version) => connection.call('rules.evidence', [ruleSet, version]),
    putDraft: (draft, before) => connection.call('rules.putDraft', [draft, before]),
    draft: (ruleSet) => connection.call('rules.draft', [ruleSet]),
    drafts: () => connection.call('rules.drafts', []),
    removeDraft: (ruleSet, revision) => connection.call('rules.removeDraft', [ruleSet, revision]),
    putLayout: (layout) => connection.call('rules.putLayout', [layout]),
    layout: (id) => connection.call('rules.layout', [id]),
  };
}

/** Sites and merchants, as the main thread sees them. */
export function sqliteSites(connection: Connection): SiteStore {
  // What is asked for by kind is of that kind.
  type Either = Site & Merchant;
  return {
    put: (kind, item) => connection.call('sites.put', [kind, item]),
    get: (kind, id) => connection.call('sites.get', [kind, id]) as Promise<Either | undefined>,
    page: (kind, after, size) =>
      connection.call('sites.page', [kind, after, size]) as Promise<readonly Either[]>,
    changes: (after, size) => connection.call('sites.changes', [after, size]),
  };
}

/** Keys and certificates, as the main thread sees them. */
export function sqliteKeys(connection: Connection): KeyStore {
  return {
    append: (entry) => connection.call('keys.append', [entry]),
    log: (after, size) => connection.call('keys.log', [after, size]),
    used: (uses) => connection.call('keys.used', [uses]),
    uses: () => connection.call('keys.uses', []),
  };
}
