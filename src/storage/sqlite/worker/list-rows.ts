/** A list as its row says. */
export interface ListRow {
  readonly no: number;
  readonly revision: number;
}

/** SQL: where the end of a membership stands, as of a revision that is bound as ?2. */
export const UNTIL = 'CASE WHEN ended_rev <= ?2 THEN ended_at ELSE valid_until END';

/** Counts while a change is made. */
export interface WireUpdate {
  added: number;
  removed: number;
  unchanged: number;
  revision: number;
}
