import * as fc from 'fast-check';
import type { Condition } from '../../../src/rules/document/document.js';

/** Groups of such tests, nested up to `maxDepth`, of `minLength` to `maxLength` members. */
export function conditionOf(
  tests: fc.Arbitrary<Condition>,
  {
    maxDepth,
    minLength,
    maxLength,
  }: { readonly maxDepth: number; readonly minLength: number; readonly maxLength: number },
): fc.Arbitrary<Condition> {
  return fc.letrec<{ node: Condition; group: Condition }>((tie) => ({
    node: fc.oneof({ maxDepth, depthSize: 'small' }, { weight: 3, arbitrary: tests }, tie('group')),
    group: fc.oneof(
      fc.array(tie('node'), { minLength, maxLength }).map((all) => ({ all })),
      fc.array(tie('node'), { minLength, maxLength }).map((any) => ({ any })),
      tie('node').map((not) => ({ not })),
    ),
  })).group;
}
