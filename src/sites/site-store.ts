/** A shop site. */
export interface Site {
  readonly id: string;
  readonly name: string;
  /** Empty: none. */
  readonly group: string;
  /** IANA name. */
  readonly timeZone: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly languages: readonly string[];
  /** Grows with every change; the etag. */
  readonly revision: number;
}

/** Who takes the money. */
export interface Merchant {
  readonly id: string;
  readonly name: string;
  /** Keyed hash of the owner's identity document; empty: not known. */
  readonly ownerIdentityHash: string;
  /** A (best) to E; empty: not graded. */
  readonly riskGrade: string;
  readonly timeZone: string;
  readonly country: string;
  readonly currency: string;
  /** Cumulative limits for small merchants apply. */
  readonly small: boolean;
  readonly revision: number;
}

/** What is kept, by kind. */
export interface Kinds {
  readonly site: Site;
  readonly merchant: Merchant;
}
export type Kind = keyof Kinds;

/** A site or merchant as it stands after a change. `change` grows with every change of any of them. */
export type SiteChange = {
  readonly [K in Kind]: { readonly kind: K; readonly change: number; readonly item: Kinds[K] };
}[Kind];

/** Sites and merchants at rest. */
export interface SiteStore {
  /** Stores with revision + 1. 'stale' when the stored revision (0: none) differs from the one handed in. */
  put<K extends Kind>(kind: K, item: Kinds[K]): Promise<'stored' | 'stale'>;
  get<K extends Kind>(kind: K, id: string): Promise<Kinds[K] | undefined>;
  /** The first `size` of those with an id beyond `after`, by id. */
  page<K extends Kind>(kind: K, after: string, size: number): Promise<readonly Kinds[K][]>;
  /**
   * The first `size` of those last changed after `after` (0: all), in the order of their changes. Who asks again with
   * the highest change seen misses none, whichever instance made it.
   */
  changes(after: number, size: number): Promise<readonly SiteChange[]>;
}
