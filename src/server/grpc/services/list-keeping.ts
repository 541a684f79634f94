import { create } from '@bufbuild/protobuf';
import type { ListDecisions } from '../../../decisions/read-side/list-decisions.js';
import type { ListService } from '../../../gen/tollgate/v1/list_service_pb.js';
import {
  DeleteListResponseSchema,
  EntryHistoryRequestSchema,
  EntryHistoryResponseSchema,
  ListChangesRequestSchema,
  ListChangesResponseSchema,
  ListDecisionSchema,
  ListUsageRequestSchema,
  ListUsageResponseSchema,
  UpdateListResponseSchema,
} from '../../../gen/tollgate/v1/list_service_pb.js';
import { toDecision } from '../convert/decision.js';
import { toListChange, toListReader, toMembership } from '../convert/list-history.js';
import { toList } from '../convert/list.js';
import { toOptionalMs } from '../convert/time.js';
import type { Handlers } from '../handlers.js';
import {
  checkDeleteList,
  checkEntryHistory,
  checkListChanges,
  checkListUsage,
  checkUpdateList,
} from '../validate/list-keeping.js';
import { actorOf } from './acting.js';
import { pageOf, toRevision } from './page-query.js';
import type { Lists } from './ports.js';

/** The handlers of ListService that look after lists: who owns them, what was done to them, who needs them. */
export function listKeepingHandlers(
  lists: Lists,
  decisions: ListDecisions,
): Pick<
  Handlers<typeof ListService>,
  'updateList' | 'deleteList' | 'entryHistory' | 'listChanges' | 'listUsage'
> {
  return {
    async updateList(request, context) {
      request.actor = actorOf(context, request.actor);
      checkUpdateList(request);
      const { list, description, owner, actor, reason } = request;
      const settings = { description, owner };
      const info = await lists.update(list, settings, toRevision(request.etag), { actor, reason });
      return create(UpdateListResponseSchema, { list: toList(info) });
    },
    async deleteList(request, context) {
      request.actor = actorOf(context, request.actor);
      checkDeleteList(request);
      const { list, actor, reason } = request;
      return create(DeleteListResponseSchema, { list: toList(await lists.delete(list, { actor, reason })) });
    },
    async entryHistory(request) {
      checkEntryHistory(request);
      const page = pageOf(EntryHistoryRequestSchema, request);
      const { normalised, memberships } = await lists.history(request.list, request.value, page.query);
      return create(EntryHistoryResponseSchema, {
        normalised,
        memberships: memberships.items.map(toMembership),
        nextPageToken: page.tokenOf(memberships.next),
      });
    },
    async listChanges(request) {
      checkListChanges(request);
      const page = pageOf(ListChangesRequestSchema, request);
      const { items, next } = await lists.changes(request.list, page.query);
      return create(ListChangesResponseSchema, {
        changes: items.map(toListChange),
        nextPageToken: page.tokenOf(next),
      });
    },
    async listUsage(request, context) {
      checkListUsage(request);
      const page = pageOf(ListUsageRequestSchema, request);
      const readers = await lists.readers(request.list);
      const range = { from: toOptionalMs(request.from), to: toOptionalMs(request.to) };
      const { items, next } = await decisions(request.list, range, page.query, context);
      return create(ListUsageResponseSchema, {
        readers: readers.map(toListReader),
        decisions: items.map(({ record, rules, limits }) =>
          create(ListDecisionSchema, {
            decision: toDecision(record),
            rules: [...rules],
            limits: [...limits],
          }),
        ),
        nextPageToken: page.tokenOf(next),
      });
    },
  };
}
