/** When to look at a growing sample: first at `first` trials, then each time there are `growth` times as many. */
export interface LookPlan {
  /** Trials, from 1 on. */
  readonly first: number;
  /** Above 1. */
  readonly growth: number;
}

/** The trials at which the first `count` looks are due; ever more, by at least one. */
export function plannedLooks({ first, growth }: LookPlan, count: number): readonly number[] {
  const sizes: number[] = [];
  let size = Math.ceil(first);
  for (let look = 1; look <= count; look++) {
    sizes.push(size);
    size = nextSize(size, growth);
  }
  return sizes;
}

/**
 * The number of the look that is due at `trials`, from 1 on; undefined while none is after the look `last` (0: none
 * yet). Looks that the sample has outgrown since are passed over: what they could have spent stays unspent, which is
 * safe.
 */
export function lookDue({ first, growth }: LookPlan, trials: number, last: number): number | undefined {
  let due = 0;
  for (let size = Math.ceil(first); size <= trials; size = nextSize(size, growth)) due++;
  return due > last ? due : undefined;
}

/**
 * The share of `alpha` that look `look` (1, 2, 3 …) may spend: alpha · 6 / (π² look²), which over all looks there can
 * ever be adds up to `alpha`. So whoever acts at the first look whose interval excludes what holds is wrong at most
 * `alpha` of the time, however long it goes on and however the looks depend on each other (Boole's inequality; Σ 1/k²
 * = π²/6 is Euler's). The square is what long runs ask for: the width of an interval grows with the logarithm of the
 * look.
 */
export function lookAlpha(alpha: number, look: number): number {
  return (alpha * 6) / (Math.PI * Math.PI * look * look);
}

function nextSize(size: number, growth: number): number {
  return Math.max(size + 1, Math.ceil(size * growth));
}
