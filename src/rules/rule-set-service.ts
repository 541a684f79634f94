import { TollgateError } from '../errors/errors.js';
import { decodeNumber, encodeToken, pageOf } from '../paging/paging.js';
import { documentHash } from './document/canonical.js';
import type { FactCatalogue } from './catalogue.js';
import { checkRuleSetText, type TextCheckContext } from './check/text.js';
import { checkRuleSet } from './check/check.js';
import { createDrafting } from './drafting.js';
import { activeEverywhere, knownVersion, newestVersion, standingsOf } from './known-versions.js';
import { createProving, endOfCases, type RunCases } from './publish/proving.js';
import { readinessOf, standingOf } from './publish/evidence.js';
import { createPublishing } from './publish/publishing.js';
import { diffRuleSets } from './versions/diff.js';
import type { RuleSetDocument } from './document/document.js';
import { inForceOf, mustBeAsCommitted } from './in-force.js';
import { invalidDocument, staleHash } from './rule-set-errors.js';
import type { Created, NewVersion, Validation } from './rule-set-info.js';
import type { RuleSets } from './rule-sets.js';
import { infoOf, summaryOf } from './summary.js';
import type { RuleVersionStore, StoredVersion } from './version-store.js';

/** Of changes of one set at once, one gets through in each try. */
const TRIES = 30;

/** What the service needs from outside. */
export interface RuleSetsOptions {
  readonly store: RuleVersionStore;
  readonly catalogue: FactCatalogue;
  /** Attributes that a limit's key may be made of. */
  readonly attributes: ReadonlySet<string>;
  /** The currencies that caps of limits may be in. */
  readonly currencies: ReadonlySet<string>;
  /** What no document may hold. */
  readonly holdsCardNumber: (text: string) => boolean;
  /** The lists that documents may name, with their types. */
  readonly lists: () => Promise<ReadonlyMap<string, { readonly type: string }>>;
  /** Does some work during which none of the lists that a document reads goes away. Left out: lists never do. */
  readonly keepLists?: <T>(document: RuleSetDocument, work: () => Promise<T>) => Promise<T>;
  readonly now: () => number;
  /** Callers have no identity: nobody can be the second person. */
  readonly development: boolean;
  readonly runCases: RunCases;
  /**
   * Called after anything changed where versions stand, before the call is answered. It may fail with STORE_UNAVAILABLE:
   * what was published is published, and the instance has to follow later, as the others do.
   */
  readonly changed: () => Promise<void>;
}

/** Rule sets over a store. */
export function createRuleSets(options: RuleSetsOptions): RuleSets {
  const { store, now, development } = options;

  /**
   * A version checked by an earlier release may name what this one does not know, and lists may have been deleted since: it
   * must not replace a running one. What it names stays until the work has ended.
   */
  async function holding<T>(version: StoredVersion, work: () => Promise<T>): Promise<T> {
    const { document } = version;
    mustBeAsCommitted(version);
    const checked = async (): Promise<T> => {
      const { findings } = checkRuleSet(document, await known());
      if (findings.some(({ severity }) => severity === 'error')) throw invalidDocument(findings, 'version');
      return await work();
    };
    return await (options.keepLists === undefined ? checked() : options.keepLists(document, checked));
  }

  async function known(): Promise<TextCheckContext> {
    const { catalogue, attributes, currencies, holdsCardNumber } = options;
    return { catalogue, attributes, currencies, holdsCardNumber, lists: await options.lists() };
  }

  async function validate(text: string): Promise<Validation & { readonly document?: RuleSetDocument }> {
    const { document, findings } = checkRuleSetText(text, await known());
    return document === undefined
      ? { valid: false, findings, hash: '' }
      : { valid: true, findings, hash: documentHash(document), document };
  }

  /** Version 0: the one that is active at all sites. */
  async function read(ruleSet: string, wanted: number) {
    const { stages } = await standingsOf(store, ruleSet);
    const stored = await knownVersion(store, ruleSet, wanted === 0 ? activeEverywhere(stages) : wanted);
    return { stored, info: infoOf(stored, stages) };
  }

  async function create(input: NewVersion): Promise<Created> {
    const { document, findings: warnings, hash } = await validate(input.document);
    if (document === undefined) throw invalidDocument(warnings, 'document_json');
    const { cases, lists, author } = input;
    // Cases that are none are refused before anything is stored.
    const ended = cases === '' ? undefined : await endOfCases(options.runCases, document, input);
    const { stored: version, created } = await storedAs(document, hash, input);
    const { ruleSet } = version;
    const said = { ruleSet, version: version.version, actor: author, comment: '', cases, lists };
    if (ended !== undefined) await proving.attachCases(said, ended);
    const { stages } = await standingsOf(store, ruleSet);
    return { version: infoOf(version, stages), warnings, created, cases: ended };
  }

  /** The stored version: this document as the next one, or the newest where that is the same. */
  async function storedAs(
    document: RuleSetDocument,
    hash: string,
    { author, editors, comment, expectedLatestHash, draft }: NewVersion,
  ): Promise<{ readonly stored: StoredVersion; readonly created: boolean }> {
    for (let tries = 1; ; tries++) {
      const [latest] = await store.versions(document.id, 1, undefined);
      const same = latest?.hash === hash ? latest : undefined;
      if (expectedLatestHash !== '' && expectedLatestHash !== (latest?.hash ?? '')) {
        // The same call again, of which the caller never got the answer, finds what it stored.
        const [before] = same === undefined ? [] : await store.versions(document.id, 1, same.version);
        if (before?.hash !== expectedLatestHash) throw staleHash(document.id, latest);
      }
      if (same !== undefined) return { stored: same, created: false };
      const number = (latest?.version ?? 0) + 1;
      const who = editors.length === 0 ? { author } : { author, editors };
      const stored = {
        ruleSet: document.id,
        version: number,
        hash,
        document,
        ...who,
        comment,
        createdAt: now(),
        ...(draft === undefined ? {} : { draft }),
      };
      if ((await store.create(stored, number - 1)) === 'created') return { stored, created: true };
      // Somebody else was first: whether that matters, only the newest version can tell.
      if (tries === TRIES)
        throw new TollgateError('STALE_ETAG', `others keep storing versions of ${document.id}; try again`);
    }
  }

  const proving = createProving({ store, now, development, runCases: options.runCases });
  const publishing = createPublishing({
    store,
    now,
    holding,
    changed: options.changed,
    readiness: async (version) => {
      const evidence = await store.evidence(version.ruleSet, version.version);
      return readinessOf(standingOf(evidence, version, !development), development);
    },
  });

  return {
    ...proving,
    ...publishing,
    ...createDrafting({ store, now, known, create }),

    async validate(text) {
      const { valid, findings, hash } = await validate(text);
      return { valid, findings, hash };
    },

    create,

    async version(ruleSet, wanted) {
      const { stored, info } = await read(ruleSet, wanted);
      return { info, document: JSON.stringify(stored.document) };
    },

    async list(query) {
      const revisions = new Map((await store.heads()).map(({ ruleSet, revision }) => [ruleSet, revision]));
      const staged = await store.staged();
      const page = pageOf(await store.ruleSets(), ({ ruleSet }) => ruleSet, query);
      const items = page.items.map(async ({ ruleSet }) => {
        const stages = staged.filter((one) => one.ruleSet === ruleSet);
        const standings = { ruleSet, revision: revisions.get(ruleSet) ?? 0, stages };
        return summaryOf(standings, await newestVersion(store, ruleSet));
      });
      return { items: await Promise.all(items), next: page.next };
    },

    async versions(ruleSet, { size, token }) {
      const { stages } = await standingsOf(store, ruleSet);
      const older = token === '' ? undefined : decodeNumber(token);
      const versions = await store.versions(ruleSet, size + 1, older);
      if (versions.length === 0) await newestVersion(store, ruleSet);
      const items = versions.slice(0, size).map((version) => infoOf(version, stages));
      const last = items.at(-1);
      return {
        items,
        next: versions.length > size && last !== undefined ? encodeToken(String(last.version)) : '',
      };
    },

    async diff(ruleSet, from, to) {
      const { stored: older } = await read(ruleSet, from);
      if (typeof to === 'number')
        return diffRuleSets(older.document, (await read(ruleSet, to)).stored.document);
      const { document, findings } = await validate(to.document);
      if (document === undefined) throw invalidDocument(findings, 'to_document_json');
      return diffRuleSets(older.document, document);
    },

    inForce: inForceOf(store),
  };
}
