import { create } from '@bufbuild/protobuf';
import type { ListDecisions } from '../../../decisions/read-side/list-decisions.js';
import type { FieldViolation } from '../../../errors/errors.js';
import type { ImportEntriesRequest, List, ListService } from '../../../gen/tollgate/v1/list_service_pb.js';
import {
  AddEntriesResponseSchema,
  CheckEntryResponseSchema,
  CreateListResponseSchema,
  ExportEntriesResponseSchema,
  ImportEntriesResponseSchema,
  InvalidEntrySchema,
  ListEntriesRequestSchema,
  ListEntriesResponseSchema,
  ListListsRequestSchema,
  ListListsResponseSchema,
  RemoveEntriesResponseSchema,
} from '../../../gen/tollgate/v1/list_service_pb.js';
import { toImportChange } from '../convert/list-history.js';
import { fromList, fromListEntry, toList, toListEntry, toQuestion } from '../convert/list.js';
import type { CallContext } from '../call-context.js';
import type { Handlers } from '../handlers.js';
import {
  checkAddEntries,
  checkCheckEntry,
  checkCreateList,
  checkExport,
  checkImportSettings,
  checkListEntries,
  checkRemoveEntries,
} from '../validate/list.js';
import { checkPage } from '../validate/page.js';
import { actorOf, signEntries } from './acting.js';
import { importBatches } from './import-batches.js';
import { listKeepingHandlers } from './list-keeping.js';
import { pageOf } from './page-query.js';
import type { Lists } from './ports.js';

const BY_HAND = { actor: '', source: 'manual' };

/** The handlers of ListService. */
export function listHandlers(lists: Lists, decisions: ListDecisions): Handlers<typeof ListService> {
  return {
    ...listKeepingHandlers(lists, decisions),
    async createList(request, context) {
      request.actor = actorOf(context, request.actor);
      checkCreateList(request);
      const { list, actor, reason } = request;
      const wanted = fromList(list as List);
      // Somebody answers for every list.
      const info = await lists.create({ ...wanted, owner: wanted.owner.trim() || actor }, { actor, reason });
      return create(CreateListResponseSchema, { list: toList(info) });
    },
    async listLists(request) {
      checkPage(request);
      const page = pageOf(ListListsRequestSchema, request);
      const { items, next } = await lists.list(page.query, request.deleted);
      return create(ListListsResponseSchema, { lists: items.map(toList), nextPageToken: page.tokenOf(next) });
    },
    async addEntries(request, context) {
      for (const [index, entry] of request.entries.entries())
        entry.actor = actorOf(context, entry.actor, `entries[${index}].actor`);
      const found = checkAddEntries(request);
      const entries = request.entries.map((entry) => fromListEntry(entry, BY_HAND));
      const { added, unchanged, revision } = await lists.add(request.list, entries, found);
      return create(AddEntriesResponseSchema, {
        added: BigInt(added),
        unchanged: BigInt(unchanged),
        revision: BigInt(revision),
      });
    },
    async removeEntries(request, context) {
      signEntries(context, request);
      const found = checkRemoveEntries(request);
      const { list, values, actor, reason } = request;
      const { removed, unknown, revision } = await lists.remove(list, values, { actor, reason }, found);
      return create(RemoveEntriesResponseSchema, {
        removed: BigInt(removed),
        unknown: BigInt(unknown),
        revision: BigInt(revision),
      });
    },
    async checkEntry(request) {
      checkCheckEntry(request);
      const { normalised, entry } = await lists.check(request.list, request.value, toQuestion(request));
      return create(CheckEntryResponseSchema, {
        listed: entry !== undefined,
        normalised,
        ...(entry === undefined ? {} : { entry: toListEntry(entry) }),
      });
    },
    async listEntries(request) {
      checkListEntries(request);
      const page = pageOf(ListEntriesRequestSchema, request);
      const { items, next } = await lists.entries(request.list, toQuestion(request), page.query);
      return create(ListEntriesResponseSchema, {
        entries: items.map(toListEntry),
        nextPageToken: page.tokenOf(next),
      });
    },
    async importEntries(messages, context) {
      const source = signed(messages, context);
      const first = await source.next();
      const settings: ImportEntriesRequest | undefined = first.done === true ? undefined : first.value;
      checkImportSettings(settings);
      const batches = importBatches(settings, source);
      const { list, replace, dryRun, actor, source: origin, reason, show } = settings;
      const wanted = {
        list,
        replace,
        dryRun,
        actor,
        source: origin,
        ...(reason === '' ? {} : { reason }),
        ...(show === 0 ? {} : { show }),
      };
      const result = await lists.import(wanted, batches);
      return create(ImportEntriesResponseSchema, {
        added: BigInt(result.added),
        removed: BigInt(result.removed),
        unchanged: BigInt(result.unchanged),
        invalid: BigInt(result.invalid),
        invalidEntries: result.problems.map(({ position, value, faults }) =>
          create(InvalidEntrySchema, { position: BigInt(position), value, reason: toReason(faults) }),
        ),
        revision: BigInt(result.revision),
        changes: (result.shown ?? []).map(toImportChange),
      });
    },
    async *exportEntries(request) {
      checkExport(request);
      for await (const entries of lists.export(request.list, toQuestion(request))) {
        yield create(ExportEntriesResponseSchema, { entries: entries.map(toListEntry) });
      }
    },
  };
}

/** The messages of an import with who sends them in place of who they say does. */
async function* signed(
  messages: AsyncIterable<ImportEntriesRequest>,
  context: CallContext,
): AsyncGenerator<ImportEntriesRequest> {
  for await (const message of messages) {
    signEntries(context, message);
    yield message;
  }
}

/** Why an entry cannot be taken: in the main it is the value. */
function toReason(faults: readonly FieldViolation[]): string {
  return faults
    .map(({ field, description }) => (field === 'value' ? description : `${field} ${description}`))
    .join('; ');
}
