import { duplicateKeys } from '../../rules/check/duplicate-keys.js';
import { jsonErrorText } from '../../rules/document/json-error.js';
import { isPlainObject } from '../../rules/document/json-limits.js';
import { LIST_KINDS, LIST_TYPES, type NewList } from './list-store.js';

/** A list of a lists file. */
export interface ShippedList extends NewList {
  /** Its entries, or the file beside that holds one a line. */
  readonly source: { readonly entries: readonly string[] } | { readonly file: string };
}

/** How reading a lists file ended. */
export type ParsedLists = { readonly ok: readonly ShippedList[] } | { readonly problems: readonly string[] };

type Json = Readonly<Record<string, unknown>>;

const ID = /^[a-z0-9-]{1,64}$/;
const FIELDS = new Set(['id', 'type', 'kind', 'description', 'owner', 'entries', 'file']);
const DESCRIPTION = 500;
const OWNER = 128;

/**
 * Reads the text of a `lists.json`: `{"lists": [{id, type, kind, description?, owner?, entries? | file?}]}`. All
 * problems are named, each with the list it is in; what is not known is one, since a list that is empty by mistake
 * blocks nobody. Never throws.
 */
export function parseListsFile(text: string): ParsedLists {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { problems: [`not JSON: ${jsonErrorText(text, error)}`] };
  }
  const listed = isPlainObject(json) && Object.keys(json).length === 1 ? json['lists'] : undefined;
  if (!Array.isArray(listed)) return { problems: ['must be {"lists": [...]} and nothing else'] };
  const problems = duplicateKeys(text).map((path) => `${path}: stands twice; only the last would count`);
  const ok: ShippedList[] = [];
  const ids = new Set<string>();
  for (const [index, one] of (listed as readonly unknown[]).entries()) {
    const name =
      isPlainObject(one) && typeof one['id'] === 'string' ? `list '${one['id']}'` : `lists[${index}]`;
    const problem = (what: string): number => problems.push(`${name}: ${what}`);
    const list = isPlainObject(one) ? listOf(one, problem) : undefined;
    if (list === undefined) {
      if (!isPlainObject(one)) problem('not a JSON object');
    } else if (ids.has(list.id)) problem('stands twice');
    else {
      ids.add(list.id);
      ok.push(list);
    }
  }
  return problems.length > 0 ? { problems } : { ok };
}

function listOf(json: Json, problem: (what: string) => void): ShippedList | undefined {
  const { id, entries } = json;
  const type = LIST_TYPES.find((known) => known === json['type']);
  const kind = LIST_KINDS.find((known) => known === json['kind']);
  const description = freeText(json, 'description', DESCRIPTION, problem);
  const owner = freeText(json, 'owner', OWNER, problem);
  const source = sourceOf(json, problem);
  for (const name of Object.keys(json)) if (!FIELDS.has(name)) problem(`there is no field '${name}'`);
  if (typeof id !== 'string' || !ID.test(id)) problem('id: 1 to 64 of [a-z0-9-]');
  if (type === undefined) problem(`type: one of ${LIST_TYPES.join(', ')}`);
  if (kind === undefined) problem(`kind: one of ${LIST_KINDS.join(', ')}`);
  const filled = 'file' in json || (Array.isArray(entries) && entries.length > 0);
  if (kind === 'allow' && filled)
    problem('entries of an allow list need an end, which this file cannot tell');
  if (typeof id !== 'string' || type === undefined || kind === undefined || source === undefined)
    return undefined;
  return { id, type, kind, description, owner, source };
}

function freeText(json: Json, name: string, most: number, problem: (what: string) => void): string {
  const { [name]: text = '' } = json;
  if (typeof text === 'string' && text.length <= most) return text;
  problem(`${name}: a text of at most ${most} characters`);
  return '';
}

function sourceOf(json: Json, problem: (what: string) => void): ShippedList['source'] | undefined {
  const { entries, file } = json;
  if (entries !== undefined && file !== undefined) problem('has both entries and a file: one of them');
  else if (file !== undefined) {
    if (typeof file === 'string' && file !== '') return { file };
    problem('file: the name of a file');
  } else if (entries === undefined) return { entries: [] };
  else if (isTexts(entries)) return { entries };
  else problem('entries: an array of texts');
  return undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
