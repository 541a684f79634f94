/** One node of a rule's conditions with what became of it. */
export interface ConditionExplanation {
  readonly kind: 'all' | 'any' | 'not' | 'condition' | 'test';
  /** For a named condition. */
  readonly name: string;
  /** `skipped`: not needed, another branch had settled it. */
  readonly result: 'true' | 'false' | 'unknown' | 'error' | 'skipped';
  /** For a test. */
  readonly fact: string;
  readonly params: unknown;
  readonly path: string;
  readonly operator: string;
  /** What the fact was compared with. */
  readonly expected: unknown;
  /** What the fact was; undefined when missing. */
  readonly actual: unknown;
  /** For people: `velocity count of payments by card in 1h: 7, needs at least 5: true`. */
  readonly text: string;
  readonly children: readonly ConditionExplanation[];
}
