import type { Finding } from './check/check.js';
import type { CasesResult } from './publish/evidence.js';
import type { StagedVersion } from './publish/stage.js';
import type { RuleSetVersion } from './program.js';

/** A rule set and what is active of it. */
export interface RuleSetInfo {
  readonly id: string;
  readonly description: string;
  readonly owner: string;
  /** At all sites; 0: none. */
  readonly activeVersion: number;
  readonly latestVersion: number;
  /** Grows with every change of where versions stand; 0 before the first. */
  readonly revision: number;
  /** Whatever is in shadow, canary or active anywhere. */
  readonly staged: readonly StagedVersion[];
}

/** A version as it is listed. */
export interface VersionInfo {
  readonly ruleSet: string;
  readonly version: number;
  readonly hash: string;
  readonly author: string;
  /** Others who had a hand in it. */
  readonly editors: readonly string[];
  readonly comment: string;
  /** Epoch ms. */
  readonly createdAt: number;
  /** At all sites. */
  readonly active: boolean;
  /** Wherever it stands, or stood. */
  readonly staged: readonly StagedVersion[];
  /** How many rules. */
  readonly rules: number;
}

/** What a check found in a document. */
export interface Validation {
  readonly valid: boolean;
  readonly findings: readonly Finding[];
  /** '' when the document has errors. */
  readonly hash: string;
}

/** A document to store as a version. */
export interface NewVersion {
  /** JSON text. */
  readonly document: string;
  /** JSON text of golden cases, and of lists that they need; '' for none. */
  readonly cases: string;
  readonly lists: string;
  readonly author: string;
  readonly editors: readonly string[];
  readonly comment: string;
  /** '' does not ask for a particular newest version. */
  readonly expectedLatestHash: string;
  /** The revision of the draft that it is. */
  readonly draft?: number;
}

/** What became of it. */
export interface Created {
  readonly version: VersionInfo;
  readonly warnings: readonly Finding[];
  /** False when the document was stored already. */
  readonly created: boolean;
  /** How its golden cases ended, where there were any. */
  readonly cases: CasesResult | undefined;
}

/** What stands somewhere, with its document. */
export interface InForce {
  readonly staged: StagedVersion;
  readonly version: RuleSetVersion;
}
