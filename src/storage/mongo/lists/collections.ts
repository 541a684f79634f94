import type { Collection } from 'mongodb';
import type { ListChangeDocument, ListDocument, MembershipDocument } from './view.js';
import type { ResolvedOptions } from '../options.js';
import type { Steps } from './steps.js';

/** What lists are kept in, and what it takes to get at them. */
export interface ListCollections {
  readonly connection: Steps;
  readonly world: ResolvedOptions['world'];
  readonly lists: Collection<ListDocument>;
  readonly memberships: Collection<MembershipDocument>;
  readonly changes: Collection<ListChangeDocument>;
}
