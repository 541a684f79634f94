import type {
  DeleteListRequest,
  EntryHistoryRequest,
  ListChangesRequest,
  ListUsageRequest,
  UpdateListRequest,
} from '../../../gen/tollgate/v1/list_service_pb.js';
import { value } from './list.js';
import { Problems } from './problems.js';
import { freeText, requiredText, slug } from './text.js';
import { etag, page, span } from './values.js';

/** What is to describe a list. */
export function checkUpdateList(request: UpdateListRequest): void {
  const problems = new Problems();
  slug(problems, '', 'list', request.list);
  const { description, owner } = request;
  if (description === undefined && owner === undefined)
    problems.add('description', 'is required where there is no owner: one of them changes');
  freeText(problems, '', 'description', description ?? '', 500);
  freeText(problems, '', 'owner', owner ?? '', 128);
  etag(problems, '', 'etag', request.etag);
  requiredText(problems, '', 'actor', request.actor, 128);
  freeText(problems, '', 'reason', request.reason, 500);
  problems.throwIfAny();
}

/** A list to delete. */
export function checkDeleteList(request: DeleteListRequest): void {
  const problems = new Problems();
  slug(problems, '', 'list', request.list);
  requiredText(problems, '', 'actor', request.actor, 128);
  freeText(problems, '', 'reason', request.reason, 500);
  problems.throwIfAny();
}

/** A value whose history is asked for. */
export function checkEntryHistory(request: EntryHistoryRequest): void {
  const problems = new Problems();
  slug(problems, '', 'list', request.list);
  value(problems, '', 'value', request.value);
  page(problems, '', request.pageSize, request.pageToken);
  problems.throwIfAny();
}

/** A page of the log of a list. */
export function checkListChanges(request: ListChangesRequest): void {
  const problems = new Problems();
  slug(problems, '', 'list', request.list);
  page(problems, '', request.pageSize, request.pageToken);
  problems.throwIfAny();
}

/** A list whose readers are asked for. */
export function checkListUsage(request: ListUsageRequest): void {
  const problems = new Problems();
  slug(problems, '', 'list', request.list);
  span(problems, request.from, request.to);
  page(problems, '', request.pageSize, request.pageToken);
  problems.throwIfAny();
}
