import type { FieldViolation } from '../../../errors/errors.js';
import { invalidRequest } from '../../../errors/errors.js';

/** Gathers every field at fault, so that a caller mends a request in one go. */
export class Problems {
  readonly list: FieldViolation[] = [];

  /** `field` as in the proto: names joined by dots, places of repeated fields in brackets. */
  add(field: string, description: string): void {
    this.list.push({ field, description });
  }

  /** Throws INVALID_REQUEST naming all fields when there are any. */
  throwIfAny(): void {
    if (this.list.length > 0) throw invalidRequest(this.list);
  }
}
