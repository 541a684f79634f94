import { LRUCache } from 'lru-cache';
import { compileProgram } from '../../rules/compile/compile.js';
import type { Program, RuleSetVersion } from '../../rules/program.js';

/** Programs that are kept after they were in force: what is rolled back to is there already. */
const KEPT = 32;

/** Compiles versions, each combination once while it is remembered. */
export function createCompiler(): (versions: readonly RuleSetVersion[]) => Program {
  const programs = new LRUCache<string, Program>({ max: KEPT });
  return (versions) => {
    const name = versions.map(({ ruleSet, version, hash }) => `${ruleSet} ${version} ${hash}`).join('\n');
    const known = programs.get(name);
    if (known !== undefined) return known;
    const program = compileProgram(versions);
    programs.set(name, program);
    return program;
  };
}
