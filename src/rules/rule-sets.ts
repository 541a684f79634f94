import type { Page, PageQuery } from '../paging/paging.js';
import type { Finding } from './check/check.js';
import type { RuleChange } from './versions/diff.js';
import type { RuleSetVersion } from './program.js';

/** A rule set and what is active of it. */
export interface RuleSetInfo {
  readonly id: string;
  readonly description: string;
  readonly owner: string;
  /** 0: none. */
  readonly activeVersion: number;
  readonly latestVersion: number;
  /** Grows with every change of what is active; 0 before the first. */
  readonly revision: number;
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

/** Who changes what is active, and why. */
export interface PublishInput {
  readonly ruleSet: string;
  readonly actor: string;
  readonly reason: string;
  /** The revision the caller saw; another one is STALE_ETAG. undefined: whatever it is. */
  readonly revision: number | undefined;
}

/** What a check found in a document. */
export interface Validation {
  readonly valid: boolean;
  readonly findings: readonly Finding[];
  /** '' when the document has errors. */
  readonly hash: string;
}

/** Rule sets as versioned documents. All methods throw TollgateError. */
export interface RuleSets {
  validate(document: string): Promise<Validation>;
  create(input: {
    /** JSON text. */
    readonly document: string;
    readonly author: string;
    readonly comment: string;
    /** '' does not ask for a particular newest version. */
    readonly expectedLatestHash: string;
  }): Promise<{
    readonly version: VersionInfo;
    readonly warnings: readonly Finding[];
    readonly created: boolean;
  }>;
  /** Version 0: the active one. */
  version(
    ruleSet: string,
    version: number,
  ): Promise<{ readonly info: VersionInfo; readonly document: string }>;
  list(page: PageQuery): Promise<Page<RuleSetInfo>>;
  /** Newest first. */
  versions(ruleSet: string, page: PageQuery): Promise<Page<VersionInfo>>;
  /** A version of 0 is the active one; `to` may be a document. */
  diff(
    ruleSet: string,
    from: number,
    to: number | { readonly document: string },
  ): Promise<readonly RuleChange[]>;
  activate(input: PublishInput & { readonly version: number }): Promise<RuleSetInfo>;
  rollBack(input: PublishInput): Promise<RuleSetInfo>;
  deactivate(input: PublishInput): Promise<RuleSetInfo>;
  /** Every active version by rule set id, and a text that changes whenever they do. */
  active(): Promise<{ readonly versions: readonly RuleSetVersion[]; readonly revision: string }>;
}
