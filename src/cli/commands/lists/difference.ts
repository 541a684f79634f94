import { toJson } from '@bufbuild/protobuf';
import {
  ImportEffect,
  ListEntrySchema,
  type ImportChange,
  type ImportEntriesResponse,
} from '../../../gen/tollgate/v1/list_service_pb.js';
import { timeText } from '../../decision-text.js';
import type { LinePlaces } from '../../input/line-places.js';
import type { Output } from '../../output.js';
import { grouped } from '../../counted.js';

const EFFECTS = [
  ['added', ImportEffect.ADDED, '+'],
  ['removed', ImportEffect.REMOVED, '-'],
  ['unchanged', ImportEffect.UNCHANGED, '='],
] as const;

/** Prints what an import changes, as far as the service shows it: so many of each effect, and how many more there are. */
export function printDifference(
  out: Output,
  response: ImportEntriesResponse,
  places: LinePlaces,
  most: number,
): void {
  for (const [name, effect, sign] of EFFECTS) {
    const shown = response.changes.filter((change) => change.effect === effect).slice(0, most);
    const all = Number(response[name]);
    if (all === 0 || most === 0) continue;
    out.line(`${name}${all > shown.length ? `, ${grouped(shown.length)} of ${grouped(all)}` : ''}:`);
    for (const change of shown) out.line(`  ${sign} ${changeText(change, places)}`);
  }
}

/** A line of a file that holds no entry which can be taken. */
export interface InvalidLine {
  readonly line: number;
  readonly value: string;
  readonly reason: string;
}

/** The same as JSON objects, one a line, those that are invalid among them. */
export function* differenceLines(
  response: ImportEntriesResponse,
  places: LinePlaces,
  invalid: readonly InvalidLine[],
): Generator<string> {
  for (const [name, effect] of EFFECTS)
    for (const { position, entry, ...change } of response.changes) {
      if (change.effect !== effect) continue;
      const line = position === 0n ? {} : { line: places.lineOf(Number(position)) };
      const whole = entry === undefined ? {} : { entry: toJson(ListEntrySchema, entry) };
      yield `${JSON.stringify({ effect: name, ...line, ...whole })}\n`;
    }
  for (const one of invalid) yield `${JSON.stringify({ effect: 'invalid', ...one })}\n`;
}

function changeText({ position, entry }: ImportChange, places: LinePlaces): string {
  if (entry === undefined) return '';
  const line = position === 0n ? '' : `line ${grouped(places.lineOf(Number(position)))}: `;
  const until = entry.validUntil === undefined ? '' : ` until ${timeText(entry.validUntil)}`;
  // Of what goes it matters who had put it there; of what comes that is known.
  const by =
    position === 0n ? ` (${[entry.actor, entry.reason].filter((text) => text !== '').join(': ')})` : '';
  return `${line}${entry.value}${until}${by}`;
}
