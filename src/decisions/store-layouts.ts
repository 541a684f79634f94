import type { Layout, RuleVersionStore } from '../rules/version-store.js';

/** Layouts that are known to be stored at most: some hundred bytes each. */
const REMEMBERED = 1_000;

/**
 * Stores layouts. Records refer to them, so they are there before anything is decided by them. None ever changes or goes:
 * what is known to be stored is not stored again, so that a switch back to it does not wait for that.
 */
export function storeLayouts(
  versions: Pick<RuleVersionStore, 'putLayout'>,
): (layouts: readonly Layout[]) => Promise<void> {
  let stored: ReadonlySet<string> = new Set();
  return async (layouts) => {
    for (const layout of layouts) if (!stored.has(layout.id)) await versions.putLayout(layout);
    const now = new Set(layouts.map(({ id }) => id));
    const before = [...stored].filter((id) => !now.has(id));
    stored = new Set([...before, ...now].slice(-REMEMBERED));
  };
}
