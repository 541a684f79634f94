import { invalidRequest, TollgateError } from '../../errors/errors.js';
import { followed } from '../../errors/store-unavailable.js';
import { decodeNumber, encodeToken, type Page, type PageQuery } from '../../paging/paging.js';
import type { RuleVersionStore } from '../version-store.js';
import {
  controlRef,
  LONGEST_CONTROL_MS,
  type ControlEnd,
  type ControlEntry,
  type ControlGroup,
  type ControlInfo,
  type ControlStore,
} from './control-group.js';
import { scopeText } from '../publish/scope.js';
import { listsReadBy } from './excepted.js';
import { appendTo, followLog, type LogEntry } from './exception-log.js';
import { rulesNamed, type NamedRule } from './rules-named.js';

/** Which control group. */
export type ControlPlace = Pick<ControlGroup, 'ruleSet' | 'rule' | 'scope'>;

/** Which control groups to show; '' is all. */
export interface ControlQuery {
  readonly ruleSet: string;
  readonly rule: string;
  /** Those that are over, too. */
  readonly over: boolean;
}

/**
 * Control groups: set and read through the store, looked up in memory. What is set is in force here when it is answered, on
 * other instances when they have followed. Throws TollgateError.
 */
export interface Controls {
  /**
   * Takes the place of one for the same rule and scope. RULE_SET_NOT_FOUND, RULE_NOT_FOUND; NOT_EXCEPTABLE for a rule that
   * in some version that stands somewhere reads a block or embargo list, or stops nothing by itself.
   */
  set(group: Omit<ControlGroup, 'at'>): Promise<ControlGroup>;
  /** CONTROL_GROUP_NOT_FOUND when none runs there. */
  off(place: ControlPlace, by: Omit<ControlEnd, 'at'>): Promise<ControlInfo>;
  /** Newest first. A page may be short, even empty, and yet lead on. */
  list(query: ControlQuery, page: PageQuery): Promise<Page<ControlInfo>>;
  refresh(): Promise<void>;
}

/** What the service works with. */
export interface ControlsOptions {
  readonly store: ControlStore;
  readonly versions: Pick<RuleVersionStore, 'staged' | 'get' | 'versions'>;
  /** Whether what is on a list must never be let go: a block or embargo list. */
  readonly isBarred: (list: string) => boolean;
  readonly now: () => number;
  /** Told all that run, whenever that changes. */
  readonly changed: (groups: readonly ControlGroup[]) => void;
}

/** Entries of the log that one page looks through at most. */
const LOOKED_THROUGH = 1000;

/** Control groups over a store. */
export function createControls(options: ControlsOptions): Controls {
  const { store, now, isBarred } = options;
  const running = new Map<string, ControlGroup>();

  const refresh = followLog(store, now, (entries) => {
    let changed = entries.length > 0;
    for (const { ref, body } of entries) {
      if (body.kind === 'set') running.set(ref, body.group);
      else running.delete(ref);
    }
    for (const [ref, { until }] of running) if (until <= now()) changed = running.delete(ref);
    if (changed) options.changed([...running.values()]);
  });

  const isOver = ({ until, ended }: ControlInfo): boolean => ended !== undefined || until <= now();

  return {
    async set(wanted) {
      const at = now();
      checkUntil(at, wanted.until);
      for (const named of await rulesNamed(options.versions, wanted.ruleSet, wanted.rule))
        checkRule(wanted, named, isBarred);
      const group = { ...wanted, at };
      // Beyond its own end too: it ends what it supersedes, which may last longer.
      const until = at + LONGEST_CONTROL_MS;
      await appendTo<ControlEntry>(store, async () => ({
        ref: controlRef(group),
        until,
        body: { kind: 'set', group },
      }));
      await followed(refresh());
      return group;
    },

    async off(place, { actor, reason }) {
      const ref = controlRef(place);
      const end = { actor, reason, at: now() };
      let last: ControlInfo | undefined;
      await appendTo<ControlEntry>(store, async () => {
        last = standing(await store.about([ref])).at(-1)?.info;
        if (last === undefined || isOver(last))
          throw new TollgateError(
            'CONTROL_GROUP_NOT_FOUND',
            `no control group of ${place.ruleSet}/${place.rule} runs at ${scopeText(place.scope)}`,
          );
        return { ref, until: end.at + LONGEST_CONTROL_MS, body: { kind: 'off', end } };
      });
      await followed(refresh());
      return { ...(last ?? notThere()), ended: end };
    },

    async list({ ruleSet, rule, over }, { size, token }) {
      const before = token === '' ? undefined : decodeNumber(token);
      const entries = await store.newest(before, LOOKED_THROUGH);
      const about = await store.about(entries.map(({ ref }) => ref));
      const first = entries.at(-1)?.number ?? 0;
      const found = standing(about)
        .filter(({ number }) => number >= first && (before === undefined || number < before))
        .filter(
          ({ info }) =>
            (ruleSet === '' || info.ruleSet === ruleSet) &&
            (rule === '' || info.rule === rule) &&
            (over || !isOver(info)),
        )
        .toReversed();
      const page = found.slice(0, size);
      const last = found.length > size ? page.at(-1)?.number : first;
      const more = found.length > size || entries.length === LOOKED_THROUGH;
      return {
        items: page.map(({ info }) => info),
        next: more && last !== undefined ? encodeToken(String(last)) : '',
      };
    },

    refresh,
  };
}

function notThere(): never {
  throw new Error('what was switched off was there');
}

/** Every setting, and what ended it, in the order of the log. */
function standing(
  entries: readonly LogEntry<ControlEntry>[],
): readonly { readonly number: number; readonly info: ControlInfo }[] {
  const found: { readonly number: number; info: ControlInfo }[] = [];
  const open = new Map<string, { info: ControlInfo }>();
  for (const { number, ref, body } of entries) {
    const before = open.get(ref);
    const end = body.kind === 'off' ? body.end : supersededBy(body.group);
    if (before !== undefined && before.info.until > end.at) before.info = { ...before.info, ended: end };
    open.delete(ref);
    if (body.kind === 'off') continue;
    const next = { number, info: body.group as ControlInfo };
    open.set(ref, next);
    found.push(next);
  }
  return found;
}

function supersededBy({ actor, reason, at }: ControlGroup): ControlEnd {
  return { actor, reason: `set anew: ${reason}`, at };
}

function checkRule(
  { ruleSet }: ControlPlace,
  { rule, version }: NamedRule,
  isBarred: (list: string) => boolean,
): void {
  const what = `${ruleSet}/${rule.name}, in version ${version.version},`;
  const { type } = rule.event;
  if (type !== 'reject' && type !== 'block')
    throw new TollgateError('NOT_EXCEPTABLE', `${what} stops nothing by itself: it asks for ${type}`);
  if (listsReadBy(rule, version.document).some(isBarred))
    throw new TollgateError(
      'NOT_EXCEPTABLE',
      `${what} reads a block or embargo list: nothing of it is let go`,
    );
}

function checkUntil(now: number, until: number): void {
  if (until <= now) throw invalidRequest([{ field: 'until', description: 'is not after now' }]);
  if (until > now + LONGEST_CONTROL_MS)
    throw invalidRequest([{ field: 'until', description: 'is more than 92 days ahead' }]);
}
