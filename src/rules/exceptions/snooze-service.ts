import { invalidRequest, TollgateError } from '../../errors/errors.js';
import { followed } from '../../errors/store-unavailable.js';
import { decodeNumber, encodeToken, type Page, type PageQuery } from '../../paging/paging.js';
import type { Scope } from '../publish/scope.js';
import type { RuleVersionStore } from '../version-store.js';
import { listsReadBy } from './excepted.js';
import { appendTo, followLog, type LogEntry } from './exception-log.js';
import { rulesNamed } from './rules-named.js';
import {
  LONGEST_SNOOZE_MS,
  maskedValue,
  type PayerAttribute,
  type Snooze,
  type SnoozeEnd,
  type SnoozeEntry,
  type SnoozeInfo,
  type SnoozeStore,
} from './snooze.js';
import type { IsEmbargo } from './snoozing.js';

/** A payer as people name one. */
export interface NamedPayer {
  readonly attribute: PayerAttribute;
  readonly value: string;
}

/** A snooze to be made. */
export interface NewSnooze {
  readonly ruleSet: string;
  /** '': every rule of the set; then a payer is named. */
  readonly rule: string;
  readonly scope: Scope;
  readonly payer: NamedPayer | undefined;
  /** Epoch ms; undefined, or past: now. */
  readonly from: number | undefined;
  /** Epoch ms; or how long, from its beginning on. */
  readonly until: number | { readonly lastsMs: number };
  readonly reason: string;
  readonly actor: string;
}

/** Which snoozes to show. */
export interface SnoozeQuery {
  /** '' is all, here and for the rule. */
  readonly ruleSet: string;
  readonly rule: string;
  readonly payer: NamedPayer | undefined;
  /** Those that are over, too. */
  readonly over: boolean;
}

/**
 * Snoozes: made, ended and read through the store, looked up in memory. One is in force here when it is answered, on other
 * instances when they have followed. Throws TollgateError.
 */
export interface Snoozes {
  /**
   * RULE_SET_NOT_FOUND, RULE_NOT_FOUND; NOT_EXCEPTABLE for a rule that reads an embargo list, in whichever version stands
   * somewhere. `heardStill`: the rules of a whole set that are heard all the same, since they read one.
   */
  create(input: NewSnooze): Promise<{ readonly snooze: Snooze; readonly heardStill: readonly string[] }>;
  /** SNOOZE_NOT_FOUND; SNOOZE_OVER when it has ended, by itself or by somebody. */
  end(id: string, by: Omit<SnoozeEnd, 'at'>): Promise<SnoozeInfo>;
  /** Newest first. A page may be short, even empty, and yet lead on. */
  list(query: SnoozeQuery, page: PageQuery): Promise<Page<SnoozeInfo>>;
  /** Brings the memory up to what is stored. */
  refresh(): Promise<void>;
  /** How many are neither over nor ended, as far as is known here. */
  open(): number;
}

/** What the service works with. */
export interface SnoozesOptions {
  readonly store: SnoozeStore;
  readonly versions: Pick<RuleVersionStore, 'staged' | 'get' | 'versions'>;
  readonly isEmbargo: IsEmbargo;
  /** What payments' own values are hashed as, of a value as a person writes it. */
  readonly hash: (attribute: PayerAttribute, value: string) => number;
  readonly now: () => number;
  readonly newId: () => string;
  /** Told all that are in force or to come, whenever that changes. */
  readonly changed: (snoozes: readonly Snooze[]) => void;
}

/** Entries of the log that one page looks through at most. */
const LOOKED_THROUGH = 1000;

/** Snoozes over a store. */
export function createSnoozes(options: SnoozesOptions): Snoozes {
  const { store, now, hash } = options;
  const known = new Map<string, Snooze>();

  const refresh = followLog(store, now, (entries) => {
    let changed = entries.length > 0;
    for (const { ref, body } of entries) {
      if (body.kind === 'began') known.set(ref, body.snooze);
      else known.delete(ref);
    }
    for (const { id, until } of known.values()) if (until <= now()) changed = known.delete(id);
    if (changed) options.changed([...known.values()]);
  });

  async function infoOf(id: string): Promise<SnoozeInfo> {
    const info = foldedBy(await store.about([id])).get(id);
    if (info === undefined) throw new TollgateError('SNOOZE_NOT_FOUND', `there is no snooze ${id}`);
    return info;
  }

  const isOver = ({ until, ended }: SnoozeInfo): boolean => ended !== undefined || until <= now();

  const wanted = ({ ruleSet, rule, payer, over }: SnoozeQuery): ((info: SnoozeInfo) => boolean) => {
    const value = payer && hash(payer.attribute, payer.value);
    return (info) =>
      (ruleSet === '' || info.ruleSet === ruleSet) &&
      (rule === '' || info.rule === rule) &&
      (payer === undefined || (info.payer?.attribute === payer.attribute && info.payer.value === value)) &&
      (over || !isOver(info));
  };

  return {
    async create(input) {
      const { ruleSet, rule, scope, payer, reason, actor } = input;
      const at = now();
      const from = Math.max(at, input.from ?? at);
      const until = endOf(input.until, at, from);
      const heardStill = await heardAllTheSame(options, ruleSet, rule);
      if (rule !== '' && heardStill.length > 0)
        throw new TollgateError(
          'NOT_EXCEPTABLE',
          `${ruleSet}/${rule} reads an embargo list: it cannot be snoozed`,
        );
      const snooze: Snooze = {
        id: options.newId(),
        ruleSet,
        rule,
        scope,
        ...(payer === undefined ? {} : { payer: keptPayer(payer, hash) }),
        from,
        until,
        reason,
        actor,
        at,
      };
      const began = { ref: snooze.id, until: snooze.until, body: { kind: 'began', snooze } as const };
      await appendTo(store, async () => began);
      await followed(refresh());
      return { snooze, heardStill };
    },

    async end(id, { actor, reason }) {
      const end = { actor, reason, at: now() };
      await appendTo<SnoozeEntry>(store, async () => {
        const info = await infoOf(id);
        if (isOver(info)) throw new TollgateError('SNOOZE_OVER', `the snooze ${id} is over already`);
        return { ref: id, until: info.until, body: { kind: 'ended', end } };
      });
      await followed(refresh());
      return infoOf(id);
    },

    async list(query, { size, token }) {
      const matches = wanted(query);
      const found: { readonly info: SnoozeInfo; readonly number: number }[] = [];
      const before = token === '' ? undefined : decodeNumber(token);
      const entries = await store.newest(before, LOOKED_THROUGH);
      const began = entries.filter(({ body }) => body.kind === 'began');
      const infos = foldedBy(await store.about(began.map(({ ref }) => ref)));
      for (const { ref, number } of began) {
        const info = infos.get(ref);
        if (info !== undefined && matches(info)) found.push({ info, number });
      }
      const page = found.slice(0, size);
      const last = found.length > size ? page.at(-1)?.number : entries.at(-1)?.number;
      const more = found.length > size || entries.length === LOOKED_THROUGH;
      return {
        items: page.map(({ info }) => info),
        next: more && last !== undefined ? encodeToken(String(last)) : '',
      };
    },

    refresh,
    open: () => [...known.values()].filter(({ until }) => until > now()).length,
  };
}

function foldedBy(entries: readonly LogEntry<SnoozeEntry>[]): ReadonlyMap<string, SnoozeInfo> {
  const infos = new Map<string, SnoozeInfo>();
  for (const { ref, body } of entries) {
    if (body.kind === 'began') infos.set(ref, body.snooze);
    else {
      const info = infos.get(ref);
      if (info !== undefined) infos.set(ref, { ...info, ended: body.end });
    }
  }
  return infos;
}

/** The rules among those named that read an embargo list, by name. */
async function heardAllTheSame(
  { versions, isEmbargo }: SnoozesOptions,
  ruleSet: string,
  rule: string,
): Promise<readonly string[]> {
  const named = await rulesNamed(versions, ruleSet, rule);
  const still = named.filter((one) => listsReadBy(one.rule, one.version.document).some(isEmbargo));
  return [...new Set(still.map((one) => one.rule.name))];
}

function keptPayer({ attribute, value }: NamedPayer, hash: SnoozesOptions['hash']): Snooze['payer'] & object {
  return { attribute, value: hash(attribute, value), shown: maskedValue(attribute, value) };
}

/** When a snooze ends. Throws INVALID_REQUEST where its times are none. */
function endOf(wanted: NewSnooze['until'], now: number, from: number): number {
  const [field, until] = typeof wanted === 'number' ? ['until', wanted] : ['lasts', from + wanted.lastsMs];
  const violation = (field: string, description: string): never => {
    throw invalidRequest([{ field, description }]);
  };
  if (from > now + LONGEST_SNOOZE_MS) violation('from', 'is more than 31 days ahead');
  if (until <= from) violation(field, 'is not after now and the beginning');
  if (until > from + LONGEST_SNOOZE_MS) violation(field, 'is more than 31 days after the beginning');
  return until;
}
