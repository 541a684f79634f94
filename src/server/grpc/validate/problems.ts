import type { FieldViolation } from '../../../errors/errors.js';
import { TollgateError } from '../../../errors/errors.js';

/** Gathers every field at fault, so that a caller mends a request in one go. */
export class Problems {
  readonly list: FieldViolation[] = [];

  /** `field` as in the proto: names joined by dots, places of repeated fields in brackets. */
  add(field: string, description: string): void {
    this.list.push({ field, description });
  }

  /** Throws INVALID_REQUEST naming all fields when there are any. */
  throwIfAny(): void {
    const [first] = this.list;
    if (first === undefined) return;
    const more = this.list.length > 1 ? ` (and ${this.list.length - 1} more)` : '';
    throw new TollgateError('INVALID_REQUEST', `${first.field}: ${first.description}${more}`, {
      violations: this.list,
    });
  }
}
