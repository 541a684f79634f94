import type { Page, PageQuery } from '../paging/paging.js';
import type { Drafting } from './drafting.js';
import type { AllInForce } from './in-force.js';
import type { Proving } from './publish/proving.js';
import type { Publishing } from './publish/publishing.js';
import type { Created, NewVersion, RuleSetInfo, Validation, VersionInfo } from './rule-set-info.js';
import type { RuleChange } from './versions/rule-change.js';

/** Rule sets as versioned documents. All methods throw TollgateError. */
export interface Versions {
  validate(document: string): Promise<Validation>;
  create(input: NewVersion): Promise<Created>;
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
}

/** All there is of rule sets. */
export interface RuleSets extends Versions, Drafting, Proving, Publishing {
  /** All that is in shadow, canary or active, and a text that changes whenever that does. */
  inForce(): Promise<AllInForce>;
}
