import { pointer } from '../check/findings.js';

/** The place of one thing in both documents, as JSON Pointers: they differ where something before it came or went. */
export interface Place {
  readonly older: string;
  readonly newer: string;
}

/** What stands at the same place in both documents, or is in one of them only. */
export function both(path: string): Place {
  return { older: path, newer: path };
}

/** A step further in both. */
export function below({ older, newer }: Place, step: string | number): Place {
  return { older: pointer(older, step), newer: pointer(newer, step) };
}
