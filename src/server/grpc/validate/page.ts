import { Problems } from './problems.js';
import { page } from './values.js';

/** A page of anything. */
export function checkPage(request: { readonly pageSize: number; readonly pageToken: string }): void {
  const problems = new Problems();
  page(problems, '', request.pageSize, request.pageToken);
  problems.throwIfAny();
}
