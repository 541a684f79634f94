import type { FactParams } from './document/document.js';
import type { RuleSetVersion } from './program.js';
import type { Evidence, Readiness } from './publish/evidence.js';
import type { Scope } from './publish/scope.js';
import type { CanarySettings, StagedVersion } from './publish/stage.js';

/** A stored version and who made it. */
export interface StoredVersion extends RuleSetVersion {
  readonly author: string;
  /** Others who had a hand in its draft. None of them may approve it. */
  readonly editors?: readonly string[];
  readonly comment: string;
  /** Epoch ms. */
  readonly createdAt: number;
  /** The revision of the draft that it was committed from. */
  readonly draft?: number;
}

/** A document in the making. It may have errors; it holds no card numbers. */
export interface Draft {
  readonly ruleSet: string;
  /** 1, 2, 3 …: grows with every change, also from one draft of a rule set to the next; the etag. */
  readonly revision: number;
  /** JSON text as it was written. */
  readonly document: string;
  /** JSON text of golden cases and of lists beside them; '' for none. */
  readonly cases: string;
  readonly lists: string;
  /** The newest version when it was begun, or that somebody said it takes into account; 0: none. */
  readonly base: number;
  /** The revision that it had when `base` was taken; left out: this one. */
  readonly since?: number;
  readonly comment: string;
  /** Who changed it, in the order of their first change. */
  readonly editors: readonly string[];
  /** Epoch ms. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** How many changes of what stands where a rule set has seen. */
export interface RuleSetHead {
  readonly ruleSet: string;
  /** 1, 2, 3 …: grows with every publication of the rule set; the etag. */
  readonly revision: number;
}

/** What a publication does. */
export type PublicationStep =
  'activate' | 'roll-back' | 'deactivate' | 'start-shadow' | 'stop-shadow' | 'start-canary' | 'stop-canary';

/** One line of the publication log. Append-only. */
export interface Publication {
  readonly ruleSet: string;
  readonly revision: number;
  readonly scope: Scope;
  /** The version that the step is about. */
  readonly version: number;
  /** What was active in the scope, and what is then; 0: nothing. */
  readonly from: number;
  readonly to: number;
  readonly actor: string;
  readonly reason: string;
  /** Epoch ms. */
  readonly at: number;
  readonly step: PublicationStep;
  /** What it went live without, and on whose word. */
  readonly waived?: Readiness['waived'];
  /** Of `start-canary`: as it began. */
  readonly canary?: CanarySettings;
}

/** A table that facts are read from and that changes with a new file only. */
export interface Reference {
  /** Exchange rates, countries of addresses, what is known of BINs. */
  readonly source: 'rates' | 'geography' | 'bins';
  /** The id that it has itself, else the beginning of its SHA-256. */
  readonly id: string;
  /** The moment it holds for or was made at, epoch ms; null: it does not say. */
  readonly asOf: number | null;
}

/** What gives meaning to the fact vector and the states of rules and limits in a record: stored once, referred to by id. */
export interface Layout {
  /** SHA-256, hex, over the rest. */
  readonly id: string;
  readonly versions: readonly { readonly ruleSet: string; readonly version: number; readonly hash: string }[];
  /** By slot: fact name and params. */
  readonly slots: readonly { readonly fact: string; readonly params?: FactParams }[];
  /** By rule index: rule set and rule name. */
  readonly rules: readonly (readonly [ruleSet: string, rule: string])[];
  /** By limit index: rule set and limit name. */
  readonly limits: readonly (readonly [ruleSet: string, limit: string])[];
  /** The tables that facts were read from; not there in layouts made before it was kept. */
  readonly references?: readonly Reference[];
}

/** Rule-set versions at rest, where they stand, and what speaks for them. */
export interface RuleVersionStore {
  /** Stores the next version. 'stale' when `expectedLatest` (0: none yet) is no longer the newest. */
  create(version: StoredVersion, expectedLatest: number): Promise<'created' | 'stale'>;
  get(ruleSet: string, version: number): Promise<StoredVersion | undefined>;
  /** Newest first, below `before` (undefined: from the newest), at most `limit`. */
  versions(ruleSet: string, limit: number, before: number | undefined): Promise<readonly StoredVersion[]>;
  /** Ids of all rule sets, sorted, with the newest version number. */
  ruleSets(): Promise<readonly { readonly ruleSet: string; readonly latest: number }[]>;

  heads(): Promise<readonly RuleSetHead[]>;
  /** All that is in shadow, canary or active, as of one moment, by rule set, scope and version. */
  staged(): Promise<readonly StagedVersion[]>;
  /** All stages of one rule set, those that are archived too, as of one moment. */
  stagesOf(ruleSet: string): Promise<readonly StagedVersion[]>;
  /**
   * Changes where versions stand and logs it, at once. 'stale' when the revision is not `publication.revision - 1`, or
   * when a scope would have two versions active, or two in canary.
   */
  publish(publication: Publication, changes: readonly StagedVersion[]): Promise<'published' | 'stale'>;
  /** Newest first, below the revision `before` (undefined: from the newest), at most `limit`. */
  publications(ruleSet: string, limit: number, before: number | undefined): Promise<readonly Publication[]>;

  /** Appends what speaks for a version, or against it. 'stale' when there is other evidence with this number. */
  addEvidence(evidence: Evidence): Promise<'added' | 'stale'>;
  /** Oldest first. */
  evidence(ruleSet: string, version: number): Promise<readonly Evidence[]>;

  /**
   * Stores a draft in place of the one of revision `before` (0: there is none); the revision that it has. No two drafts
   * of a rule set ever have the same. 'stale' when there is another one, or none where there should be.
   */
  putDraft(draft: Omit<Draft, 'revision'>, before: number): Promise<number | 'stale'>;
  draft(ruleSet: string): Promise<Draft | undefined>;
  /** By rule set. */
  drafts(): Promise<readonly Draft[]>;
  /** 'stale' when its revision is another one, or it is not there. */
  removeDraft(ruleSet: string, revision: number): Promise<'removed' | 'stale'>;

  /** Stores a layout; storing it again is no error. */
  putLayout(layout: Layout): Promise<void>;
  layout(id: string): Promise<Layout | undefined>;
}
