import type { ListEntry, ListInfo, ListUpdate } from '../../../facts/list-store.js';
import type { Page, PageQuery } from '../../../paging/paging.js';
import type { Merchant, Site } from '../../../sites/site-store.js';

/** Something wrong, or worth a look, in a rule-set document. */
export interface DocumentFinding {
  readonly severity: 'error' | 'warning';
  /** Stable, for example `unknown-fact`. */
  readonly code: string;
  /** Empty: the document as a whole. */
  readonly rule: string;
  /** JSON Pointer (RFC 6901) into the document. */
  readonly path: string;
  readonly message: string;
}

/** A version as it is listed. */
export interface VersionInfo {
  readonly ruleSet: string;
  readonly version: number;
  readonly hash: string;
  readonly author: string;
  readonly comment: string;
  /** Epoch ms. */
  readonly createdAt: number;
  readonly active: boolean;
  /** How many rules. */
  readonly rules: number;
}

/** A rule set and what is active of it. */
export interface RuleSetInfo {
  readonly id: string;
  readonly description: string;
  readonly owner: string;
  /** 0: none. */
  readonly activeVersion: number;
  readonly latestVersion: number;
  /** Grows with every activation; 0 before the first. */
  readonly revision: number;
}

/** One difference between two versions. */
export interface DocumentChange {
  readonly change: 'added' | 'removed' | 'changed';
  /** Empty: the set as a whole. */
  readonly rule: string;
  readonly path: string;
  /** undefined: not there. */
  readonly from: unknown;
  readonly to: unknown;
  readonly text: string;
}

/** A change of what is active. */
export interface PublishInput {
  readonly ruleSet: string;
  readonly actor: string;
  readonly reason: string;
  /** The revision the caller saw; another one is STALE_ETAG. undefined: whatever it is. */
  readonly revision: number | undefined;
}

/**
 * Rule sets as the API sees them. Throws TollgateError: RULE_SET_INVALID (violations: field is the JSON Pointer,
 * description names rule and reason), RULE_SET_NOT_FOUND, VERSION_NOT_FOUND, STALE_ETAG, NOTHING_TO_ROLL_BACK.
 */
export interface RuleSets {
  create(input: {
    /** A rule-set document, JSON text. */
    readonly document: string;
    readonly author: string;
    readonly comment: string;
    /** Empty: not asked. */
    readonly expectedLatestHash: string;
  }): Promise<{
    readonly version: VersionInfo;
    readonly warnings: readonly DocumentFinding[];
    readonly created: boolean;
  }>;
  validate(document: string): Promise<{
    readonly valid: boolean;
    readonly findings: readonly DocumentFinding[];
    /** Empty when the text is not JSON. */
    readonly hash: string;
  }>;
  /** `version` 0 is the active one. */
  version(
    ruleSet: string,
    version: number,
  ): Promise<{ readonly info: VersionInfo; readonly document: string }>;
  list(page: PageQuery): Promise<Page<RuleSetInfo>>;
  /** Newest first. */
  versions(ruleSet: string, page: PageQuery): Promise<Page<VersionInfo>>;
  /** Versions of 0 are the active one; `to` may be a document. */
  diff(
    ruleSet: string,
    from: number,
    to: number | { readonly document: string },
  ): Promise<readonly DocumentChange[]>;
  activate(input: PublishInput & { readonly version: number }): Promise<RuleSetInfo>;
  rollBack(input: PublishInput): Promise<RuleSetInfo>;
  deactivate(input: PublishInput): Promise<RuleSetInfo>;
}

/** A membership as it is handed in. */
export interface EntryInput {
  /** As written; normalised by the type of its list. */
  readonly value: string;
  readonly reason: string;
  readonly actor: string;
  readonly source: string;
  /** Epoch ms; undefined: now. */
  readonly validFrom: number | undefined;
  /** Epoch ms; undefined: until removed. */
  readonly validUntil: number | undefined;
}

/** An entry that an import could not take. */
export interface EntryProblem {
  /** 1 is the first entry. */
  readonly position: number;
  readonly value: string;
  readonly reason: string;
}

/** Settings of an import. */
export interface ImportSettings {
  readonly list: string;
  readonly replace: boolean;
  readonly dryRun: boolean;
  readonly actor: string;
  readonly source: string;
}

/**
 * Lists as the API sees them. Throws TollgateError: LIST_EXISTS, LIST_NOT_FOUND, INVALID_REQUEST (fields as in the
 * proto, `entries[3].value`).
 */
export interface Lists {
  create(list: Omit<ListInfo, 'entries' | 'revision'>): Promise<ListInfo>;
  list(page: PageQuery): Promise<Page<ListInfo>>;
  add(list: string, entries: readonly EntryInput[]): Promise<ListUpdate>;
  /** `unknown`: values that were not on the list. */
  remove(
    list: string,
    values: readonly string[],
    actor: string,
    reason: string,
  ): Promise<{ readonly removed: number; readonly unknown: number; readonly revision: number }>;
  /** `asOf` epoch ms; undefined: now. */
  check(
    list: string,
    value: string,
    asOf: number | undefined,
  ): Promise<{ readonly normalised: string; readonly entry: ListEntry | undefined }>;
  entries(list: string, asOf: number | undefined, page: PageQuery): Promise<Page<ListEntry>>;
  /** Nothing is visible before the batches end; when they fail nothing is changed. */
  import(
    settings: ImportSettings,
    batches: AsyncIterable<readonly EntryInput[]>,
  ): Promise<
    ListUpdate & {
      readonly invalid: number;
      /** The first 100. */
      readonly problems: readonly EntryProblem[];
    }
  >;
  export(list: string, asOf: number | undefined): AsyncIterable<readonly ListEntry[]>;
}

/** Sites and merchants as the API sees them. Throws TollgateError: SITE_NOT_FOUND, MERCHANT_NOT_FOUND, STALE_ETAG. */
export interface Sites {
  /** `revision` the caller saw; another one is STALE_ETAG. undefined: whatever it is. Empty time zone is UTC. */
  putSite(site: Omit<Site, 'revision'>, revision: number | undefined): Promise<Site>;
  site(id: string): Promise<Site>;
  listSites(page: PageQuery): Promise<Page<Site>>;
  putMerchant(merchant: Omit<Merchant, 'revision'>, revision: number | undefined): Promise<Merchant>;
  merchant(id: string): Promise<Merchant>;
  listMerchants(page: PageQuery): Promise<Page<Merchant>>;
}
