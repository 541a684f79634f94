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

/** Sites and merchants at rest. */
export interface SiteStore {
  /** Stores with revision + 1. 'stale' when the stored revision (0: none) differs from the one handed in. */
  putSite(site: Site): Promise<'stored' | 'stale'>;
  putMerchant(merchant: Merchant): Promise<'stored' | 'stale'>;
  sites(): Promise<readonly Site[]>;
  merchants(): Promise<readonly Merchant[]>;
}
