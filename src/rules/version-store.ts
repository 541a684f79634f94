import type { FactParams } from './document/document.js';
import type { RuleSetVersion } from './program.js';

/** A stored version and who made it. */
export interface StoredVersion extends RuleSetVersion {
  readonly author: string;
  readonly comment: string;
  /** Epoch ms. */
  readonly createdAt: number;
}

/** What of a rule set is active. */
export interface Activation {
  readonly ruleSet: string;
  /** 0: none. */
  readonly version: number;
  /** 1, 2, 3 …: grows with every activation of the rule set; the etag. */
  readonly revision: number;
}

/** One line of the publication log. Append-only. */
export interface Publication {
  readonly ruleSet: string;
  readonly revision: number;
  readonly from: number;
  readonly to: number;
  readonly actor: string;
  readonly reason: string;
  /** Epoch ms. */
  readonly at: number;
  readonly step: 'activate' | 'roll-back' | 'deactivate';
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

/** Rule-set versions and activations at rest. */
export interface RuleVersionStore {
  /** Stores the next version. 'stale' when `expectedLatest` (0: none yet) is no longer the newest. */
  create(version: StoredVersion, expectedLatest: number): Promise<'created' | 'stale'>;
  get(ruleSet: string, version: number): Promise<StoredVersion | undefined>;
  /** Newest first, below `before` (undefined: from the newest), at most `limit`. */
  versions(ruleSet: string, limit: number, before: number | undefined): Promise<readonly StoredVersion[]>;
  /** Ids of all rule sets, sorted, with the newest version number. */
  ruleSets(): Promise<readonly { readonly ruleSet: string; readonly latest: number }[]>;
  activations(): Promise<readonly Activation[]>;
  /** Changes what is active and logs it, at once. 'stale' when the revision is not `publication.revision - 1`. */
  publish(publication: Publication): Promise<'published' | 'stale'>;
  /** Newest first, below the revision `before` (undefined: from the newest), at most `limit`. */
  publications(ruleSet: string, limit: number, before: number | undefined): Promise<readonly Publication[]>;
  /** Stores a layout; storing it again is no error. */
  putLayout(layout: Layout): Promise<void>;
  layout(id: string): Promise<Layout | undefined>;
}
