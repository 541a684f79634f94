import { chunkFunction, type ChunkFunction, type ChunkRule } from './codegen.js';
import { closureOf } from './closures.js';
import { SKIPPED } from '../outcome.js';
import type { FactSlot, FactValue, Program, ProgramLimit, ProgramRule, RuleSetVersion } from '../program.js';
import { conditionResolver, readsOf, testsOf, type ConditionNode, type Read } from '../document/resolve.js';
import { verdictOf } from './verdict.js';

/** How to compile; for tests and benchmarks, and where code generation is switched off. */
export interface CompileOptions {
  /** Generate functions. Default: true where the process allows it, else closures. */
  readonly codegen?: boolean;
  /** Rules per generated function: larger ones stop being optimised. Default 50. */
  readonly chunkSize?: number;
}

/**
 * Compiles and links checked rule sets into one program; order of rules and slots is that of the versions and their
 * documents. Throws for documents that `checkRuleSet` refuses.
 */
export function compileProgram(versions: readonly RuleSetVersion[], options: CompileOptions = {}): Program {
  const slots = new Map<string, FactSlot>();
  const slotOf = ({ fact, params, key }: Read): number => {
    const known = slots.get(key);
    if (known !== undefined) return known.slot;
    const slot: FactSlot = Object.freeze({ slot: slots.size, fact, params, key });
    slots.set(key, slot);
    return slot.slot;
  };
  const closureFor = (
    node: ConditionNode,
    version: RuleSetVersion,
  ): ((v: readonly FactValue[]) => number) => {
    for (const test of testsOf(node)) for (const read of readsOf(test)) slotOf(read);
    return closureOf(node, version.document.policy?.missing ?? 'unknown', slotOf);
  };

  const rules: ProgramRule[] = [];
  const limits: ProgramLimit[] = [];
  const live: ChunkRule[] = [];
  const skipped: number[] = [];
  for (const version of versions) {
    const { ruleSet, document } = version;
    const resolve = conditionResolver(document.conditions);
    for (const rule of document.rules) {
      const index = rules.length;
      rules.push(Object.freeze({ index, ruleSet, rule }));
      if (rule.enabled === false) {
        skipped.push(index);
        continue;
      }
      const node = resolve(rule.conditions);
      const policy = document.policy?.missing ?? 'unknown';
      live.push({ index, node, policy, closure: closureFor(node, version) });
    }
    for (const limit of document.limits ?? []) {
      if (limit.enabled === false) continue;
      const applies = closureFor(resolve(limit.when), version);
      limits.push(Object.freeze({ index: limits.length, ruleSet, limit, applies }));
    }
  }

  const run = options.codegen === false ? closures(live) : generated(live, slotOf, options.chunkSize ?? 50);
  const count = rules.length;
  return Object.freeze({
    versions: Object.freeze([...versions]),
    slots: Object.freeze([...slots.values()]),
    rules: Object.freeze(rules),
    limits: Object.freeze(limits),
    limitOf: (ruleSet: string, name: string) =>
      limits.find((one) => one.ruleSet === ruleSet && one.limit.name === name)?.limit,
    evaluate: (values: readonly FactValue[]): Uint8Array => {
      const states = new Uint8Array(count);
      for (const index of skipped) states[index] = SKIPPED;
      run(values, states);
      return states;
    },
    verdict: verdictOf(versions),
  });
}

type Run = (values: readonly FactValue[], states: Uint8Array) => void;

function closures(rules: readonly ChunkRule[]): Run {
  return (values, states) => {
    for (const { index, closure } of rules) states[index] = closure(values);
  };
}

function generated(rules: readonly ChunkRule[], slotOf: (read: Read) => number, chunkSize: number): Run {
  const chunks: { readonly fast: ChunkFunction; readonly exact: Run }[] = [];
  for (let from = 0; from < rules.length; from += chunkSize) {
    const chunk = rules.slice(from, from + chunkSize);
    const exact = closures(chunk);
    try {
      chunks.push({ fast: chunkFunction(chunk, slotOf), exact });
    } catch (error) {
      // Code generation switched off in this process; anything else is a bug.
      if (!(error instanceof EvalError)) throw error;
      return closures(rules);
    }
  }
  return (values, states) => {
    for (const { fast, exact } of chunks) {
      let odd: boolean;
      try {
        odd = fast(values, states);
      } catch {
        odd = true;
      }
      if (odd) exact(values, states);
    }
  };
}
