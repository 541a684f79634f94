/** How many times as many cases as usual: TOLLGATE_TEST_EFFORT. */
export const EFFORT = Number(process.env['TOLLGATE_TEST_EFFORT'] ?? '') || 1;

/** Cases of a property test that is worth running for longer now and then. */
export function runs(usual: number): { readonly numRuns: number } {
  return { numRuns: Math.ceil(usual * EFFORT) };
}
