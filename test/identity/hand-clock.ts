/** Timers of a clock that the test moves. */
export function handClock() {
  let now = 0;
  const due: { readonly at: number; readonly run: () => void }[] = [];
  const drop = (one: (typeof due)[number]): void => {
    if (due.includes(one)) due.splice(due.indexOf(one), 1);
  };
  const after = (ms: number, run: () => void) => {
    const one = { at: now + ms, run };
    due.push(one);
    return () => drop(one);
  };
  return {
    now: () => now,
    waiting: () => due.length,
    timers: { after, soon: (run: () => void) => void after(0, run) },
    pass(ms: number) {
      now += ms;
      for (const one of due.filter(({ at }) => at <= now)) {
        drop(one);
        one.run();
      }
    },
  };
}
