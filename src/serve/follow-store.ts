import type { ListsService } from '../facts/lists/lists-service.js';
import type { Timers } from '../world/world.js';
import type { FollowRules } from './follow-rules.js';

/**
 * How long rules wait for what was changed before them, ms: lists, sites and the rest. A long list takes seconds to read,
 * and must not hold up a roll-back.
 */
export const PATIENCE_MS = 500;

/** What an instance follows. */
export interface Followed {
  readonly lists: Pick<ListsService, 'refresh' | 'isWhole' | 'forgetDeleted'>;
  /** Beside lists and rules. */
  readonly others: readonly { refresh(): Promise<unknown> }[];
  readonly rules: FollowRules;
}

/** Takes over what others changed. */
export interface FollowStore {
  /** All of it. */
  readonly whole: () => Promise<void>;
  /**
   * The same, but where something is long in coming, or fails, rules that can do with what is here are followed without
   * it, and it comes when it comes.
   */
  readonly soon: () => Promise<void>;
  /** The rules, and lists that they read for the first time. */
  readonly published: () => Promise<void>;
}

/** Follows a store. */
export function followStore({ lists, others, rules }: Followed, timers: Pick<Timers, 'after'>): FollowStore {
  const ready = (list: string): boolean => lists.isWhole(list);

  function refresh(): Promise<unknown> {
    return Promise.all([lists, ...others].map((part) => part.refresh()));
  }

  async function rulesAfter(refreshed: Promise<unknown>): Promise<void> {
    await refreshed;
    await rules();
    // Not before: the rules that ran until now may have read them.
    lists.forgetDeleted();
  }

  return {
    whole: () => rulesAfter(refresh()),

    async soon() {
      const refreshed = refresh();
      const state = await stateOf(refreshed, timers);
      if (state !== 'done' && (await rules(ready)) && state === 'late') return;
      await rulesAfter(refreshed);
    },

    async published() {
      if (await rules(ready)) return;
      await lists.refresh();
      await rules();
    },
  };
}

/** How far some work has come after a while, at most. A failure is left to who waits for the work. */
function stateOf(work: Promise<unknown>, timers: Pick<Timers, 'after'>): Promise<'done' | 'failed' | 'late'> {
  return new Promise((resolve) => {
    const cancel = timers.after(PATIENCE_MS, () => resolve('late'));
    const ended = (state: 'done' | 'failed'): void => {
      cancel();
      resolve(state);
    };
    work.then(
      () => ended('done'),
      () => ended('failed'),
    );
  });
}
