import { invalidRequest, TollgateError } from '../errors/errors.js';
import type { Finding } from './check/check.js';
import type { TextCheckContext } from './check/text.js';
import { checkRuleSetText } from './check/text.js';
import { documentHash } from './document/canonical.js';
import { standingOf } from './publish/evidence.js';
import { documentFaults } from './rule-set-errors.js';
import type { Created, NewVersion } from './rule-set-info.js';
import type { Draft, RuleVersionStore } from './version-store.js';

/** What is written into a draft. */
export interface DraftInput {
  readonly ruleSet: string;
  readonly document: string;
  readonly cases: string;
  readonly lists: string;
  readonly comment: string;
  readonly actor: string;
  /** The revision the caller saw; another one is STALE_ETAG. undefined: there must be no draft yet. */
  readonly revision: number | undefined;
  /** The newest version that it takes into account; 0: that of the draft as it is, for a new one the newest there is. */
  readonly base: number;
}

/** A draft and what the checks say of it now. */
export interface CheckedDraft {
  readonly draft: Draft;
  readonly findings: readonly Finding[];
}

/** Documents in the making, one for each rule set. All methods throw TollgateError. */
export interface Drafting {
  /** Stores it whatever the checks find, so that work is kept; only a document of another set or with a card number is refused. */
  putDraft(input: DraftInput): Promise<CheckedDraft>;
  /** Throws DRAFT_NOT_FOUND. */
  draft(ruleSet: string): Promise<CheckedDraft>;
  drafts(): Promise<readonly Draft[]>;
  discardDraft(ruleSet: string, revision: number): Promise<void>;
  /**
   * Makes the draft the next version, and ends it. Throws RULE_SET_INVALID where it has errors, STALE_ETAG where others
   * stored a version since it was begun. A call that was cut off half-way is gone on with when it is made again; one that was
   * not gives the same version as long as that is the newest.
   */
  commitDraft(input: {
    readonly ruleSet: string;
    readonly revision: number;
    readonly actor: string;
    readonly comment: string;
  }): Promise<Created>;
}

/** What drafting needs. */
export interface DraftingOptions {
  readonly store: RuleVersionStore;
  readonly now: () => number;
  readonly known: () => Promise<TextCheckContext>;
  readonly create: (version: NewVersion) => Promise<Created>;
}

/** Bounds what anybody could fill the store with. */
const MAX_DRAFTS = 1_000;

/** Drafting over a store. */
export function createDrafting({ store, now, known, create }: DraftingOptions): Drafting {
  async function stored(ruleSet: string): Promise<Draft> {
    const draft = await store.draft(ruleSet);
    if (draft === undefined) throw noDraft(ruleSet);
    return draft;
  }

  async function findingsOf(document: string): Promise<readonly Finding[]> {
    return checkRuleSetText(document, await known()).findings;
  }

  /** Whether the next version after that on which a draft was begun is this very document. */
  async function isStored({ base, document: text }: Draft, version: number, hash: string): Promise<boolean> {
    if (version !== base + 1) return false;
    const { document } = checkRuleSetText(text, await known());
    return document !== undefined && documentHash(document) === hash;
  }

  async function newestOf(ruleSet: string): Promise<Newest> {
    const [newest] = await store.versions(ruleSet, 1, undefined);
    return newest ?? { version: 0, hash: '' };
  }

  async function baseOf(ruleSet: string, asked: number, before: Draft | undefined): Promise<number> {
    if (asked === 0 && before !== undefined) return before.base;
    const { version } = await newestOf(ruleSet);
    if (asked > version)
      throw invalidRequest([{ field: 'base_version', description: `the newest version is ${version}` }]);
    return asked || version;
  }

  /** What became of a draft that was committed as the newest version: for a caller who never got the answer. */
  async function committedBefore(ruleSet: string, revision: number): Promise<Created | undefined> {
    const [newest] = await store.versions(ruleSet, 1, undefined);
    if (newest?.draft !== revision) return undefined;
    const { author, editors = [], comment, hash: expectedLatestHash } = newest;
    const document = JSON.stringify(newest.document);
    const found = await create({
      document,
      cases: '',
      lists: '',
      author,
      editors,
      comment,
      expectedLatestHash,
    });
    const { cases } = standingOf(await store.evidence(ruleSet, newest.version), newest);
    return { ...found, cases };
  }

  return {
    async putDraft({ ruleSet, document, cases, lists, comment, actor, revision, base }) {
      const context = await known();
      const findings = checkRuleSetText(document, context).findings;
      const secret = findings.filter(({ code }) => code === 'card-number');
      if (secret.length > 0) throw invalidRequest(documentFaults(secret, 'document_json'));
      for (const [field, text] of [
        ['cases_json', cases],
        ['lists_json', lists],
      ] as const)
        if (context.holdsCardNumber(text))
          throw invalidRequest([{ field, description: 'holds what looks like a card number' }]);
      mustBeOf(ruleSet, document);
      const before = await store.draft(ruleSet);
      if ((before?.revision ?? 0) !== (revision ?? 0)) throw staleDraft(ruleSet, before);
      if (before === undefined && (await store.drafts()).length >= MAX_DRAFTS)
        throw new TollgateError('LIMIT_REACHED', `there are ${MAX_DRAFTS} drafts: discard some`);
      const at = now();
      const editors = before?.editors ?? [];
      const draft = {
        ruleSet,
        document,
        cases,
        lists,
        base: await baseOf(ruleSet, base, before),
        ...(base === 0 && before !== undefined ? { since: before.since ?? before.revision } : {}),
        comment,
        editors: editors.includes(actor) ? editors : [...editors, actor],
        createdAt: before?.createdAt ?? at,
        updatedAt: at,
      };
      const stored = await store.putDraft(draft, before?.revision ?? 0);
      if (stored === 'stale') throw staleDraft(ruleSet, await store.draft(ruleSet));
      return { draft: { ...draft, revision: stored }, findings };
    },

    async draft(ruleSet) {
      const draft = await stored(ruleSet);
      return { draft, findings: await findingsOf(draft.document) };
    },

    drafts: () => store.drafts(),

    async discardDraft(ruleSet, revision) {
      const draft = await stored(ruleSet);
      if (draft.revision !== revision || (await store.removeDraft(ruleSet, revision)) === 'stale')
        throw staleDraft(ruleSet, await store.draft(ruleSet));
    },

    async commitDraft({ ruleSet, revision, actor, comment }) {
      const draft = await store.draft(ruleSet);
      if (draft?.revision !== revision) {
        const before = await committedBefore(ruleSet, revision);
        if (before !== undefined) return before;
        throw draft === undefined ? noDraft(ruleSet) : staleDraft(ruleSet, draft);
      }
      const newest = await newestOf(ruleSet);
      const upToDate = newest.version === draft.base || grewFrom(draft, newest);
      if (!upToDate && !(await isStored(draft, newest.version, newest.hash)))
        throw new TollgateError(
          'STALE_ETAG',
          `version ${newest.version} of ${ruleSet} was stored since the draft was begun on version ${draft.base}: compare with it, then put the draft with that as its base version`,
          { metadata: { latest_version: String(newest.version) } },
        );
      const created = await create({
        document: draft.document,
        cases: draft.cases,
        lists: draft.lists,
        author: actor,
        editors: draft.editors.filter((editor) => editor !== actor),
        comment: comment || draft.comment,
        expectedLatestHash: newest.hash,
        draft: revision,
      });
      // Put again meanwhile, it is work that is not in the version: it stays.
      await store.removeDraft(ruleSet, revision);
      return created;
    },
  };
}

interface Newest {
  readonly version: number;
  readonly hash: string;
  readonly draft?: number;
}

/** Whether the version is this draft as it was before it was put again, at the moment of its commit. */
function grewFrom({ base, revision, since = revision }: Draft, { version, draft }: Newest): boolean {
  return draft !== undefined && since <= draft && draft < revision && version === base + 1;
}

/** A draft kept under another rule set's name would become a version of that. */
function mustBeOf(ruleSet: string, document: string): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(document);
  } catch {
    return;
  }
  const id = typeof parsed === 'object' && parsed !== null && 'id' in parsed ? parsed.id : ruleSet;
  if (id !== ruleSet)
    throw invalidRequest([{ field: 'document_json', description: `its id is not ${ruleSet}` }]);
}

function noDraft(ruleSet: string): TollgateError {
  return new TollgateError('DRAFT_NOT_FOUND', `rule set ${ruleSet} has no draft`);
}

function staleDraft(ruleSet: string, draft: Draft | undefined): TollgateError {
  const text =
    draft === undefined
      ? `the draft of ${ruleSet} is gone`
      : `the draft of ${ruleSet} is at revision ${draft.revision}, changed last by ${draft.editors.at(-1) ?? ''}`;
  return new TollgateError('STALE_ETAG', text, { metadata: { etag: String(draft?.revision ?? 0) } });
}
