import { Engine } from 'json-rules-engine';
import { compileProgram } from '../src/rules/compile/compile.js';
import type { Condition, RuleSetDocument } from '../src/rules/document/document.js';
import { HIT, NO_HIT } from '../src/rules/outcome.js';
import type { FactValue, Program } from '../src/rules/program.js';
import { benchPayments, type BenchFacts } from './rules/facts.js';
import { TWINS } from './rules/hand-written.js';
import type { BenchResult, Figure } from './run.js';

type Missing = 'unknown' | 'as-undefined';

/** Payments that are evaluated in turn; enough that no branch predictor learns them by heart. */
const PAYMENTS = 2_000;
const ROUNDS = 15;
/** The share of facts that are not known in a payment. */
const MISSING_SHARE = 0.08;

/** A way to evaluate one payment after the other. */
interface Contestant {
  readonly name: string;
  /** Evaluations in one round. */
  readonly turns: number;
  run(turns: number): void | Promise<void>;
}

/**
 * What evaluating rules costs, against the same predicates written by hand and against json-rules-engine, all in one
 * process in alternating rounds; medians of CPU time. All of them record a state for each rule, and all agree on what hits.
 */
export async function run(): Promise<BenchResult> {
  const payments = benchPayments(PAYMENTS, MISSING_SHARE);
  const figures: Figure[] = [];
  for (const count of [20, 50, 200, 1_000]) figures.push(...(await compare(count, payments)));
  return { bench: 'rules', figures };
}

async function compare(count: number, payments: readonly BenchFacts[]): Promise<Figure[]> {
  const rules = conditions(count);
  const lax = compileProgram([version(rules, 'as-undefined')]);
  const strict = compileProgram([version(rules, 'unknown')]);
  const plain = compileProgram([version(rules, 'unknown')], { codegen: false });
  const engine = engineOf(rules);
  await agree(lax, strict, plain, rules, engine, payments);
  const contestants: Contestant[] = [
    programTurns('compiled', strict, payments),
    programTurns('as-undefined', lax, payments),
    programTurns('closures', plain, payments),
    verdictTurns(strict, payments),
    engineTurns(engine, payments, count),
    ...(count <= TWINS.length ? [handTurns(count, payments)] : []),
  ];
  const us = await race(contestants);
  const of = (name: string): number => us.get(name) ?? NaN;
  const figures: Figure[] = [...us].map(([name, value]) => ({
    name: `${count} rules, ${name}`,
    value,
    unit: 'us',
  }));
  if (count <= TWINS.length) {
    const ratio = of('compiled') / of('by hand');
    figures.push({
      name: `${count} rules, compiled / by hand`,
      value: ratio,
      unit: 'x',
      ...(count === 50 ? { bar: '<= 1.2', holds: ratio <= 1.2 } : {}),
    });
  }
  const speed = of('json-rules-engine') / of('compiled');
  figures.push({
    name: `${count} rules, json-rules-engine / compiled`,
    value: speed,
    unit: 'x',
    ...(count === 50 ? { bar: '>= 500', holds: speed >= 500 } : {}),
  });
  if (count !== 1_000) return figures;
  return figures.map((figure) =>
    figure.name === '1000 rules, compiled'
      ? { ...figure, bar: '<= 100', holds: figure.value <= 100 }
      : figure,
  );
}

/** The fifty rules; more of them by moving every number a little, so that no two rules are the same. */
function conditions(count: number): readonly Condition[] {
  return Array.from({ length: count }, (_, at) => {
    const twin = TWINS[at % TWINS.length];
    if (twin === undefined) throw new Error('there are fifty rules');
    return moved(twin.conditions, Math.floor(at / TWINS.length)) as Condition;
  });
}

function moved(value: unknown, by: number): unknown {
  if (typeof value === 'number') return value + by;
  if (Array.isArray(value))
    return typeof value[0] === 'string' ? value : value.map((item) => moved(item, by));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, moved(inner, by)]));
}

function version(rules: readonly Condition[], missing: Missing) {
  const document: RuleSetDocument = {
    id: 'bench',
    description: 'benchmark',
    owner: 'bench',
    policy: { missing },
    rules: rules.map((conditions, at) => ({
      name: `rule-${at}`,
      conditions,
      event: { type: 'review', params: { reason: `reason-${at}` } },
    })),
  };
  return { ruleSet: document.id, version: 1, hash: '', document };
}

/** Reused for all runs, one at a time: the fastest way to use it. */
function engineOf(rules: readonly Condition[]): Engine {
  const engine = new Engine([], { allowUndefinedFacts: true });
  structuredClone(rules).forEach((conditions, at) => {
    engine.addRule({ name: `rule-${at}`, conditions: conditions as never, event: { type: `event-${at}` } });
  });
  return engine;
}

function vectors(program: Program, payments: readonly BenchFacts[]): readonly FactValue[][] {
  return payments.map((payment) => program.slots.map(({ fact }) => payment[fact as keyof BenchFacts]));
}

/** Shows that all of them do the same work before their time is taken. */
async function agree(
  lax: Program,
  strict: Program,
  plain: Program,
  rules: readonly Condition[],
  engine: Engine,
  payments: readonly BenchFacts[],
): Promise<void> {
  const values = vectors(lax, payments);
  for (const [at, payment] of payments.entries()) {
    const vector = values[at] ?? [];
    const states = lax.evaluate(vector);
    const three = strict.evaluate(vector);
    if (three.join() !== plain.evaluate(vector).join()) throw new Error('closures disagree');
    for (const [place, state] of states.entries()) {
      // What hits for certain hits, what cannot hit does not; unknown can be either.
      if (three[place] === HIT && state !== HIT) throw new Error('the policies disagree');
      if (three[place] === NO_HIT && state !== NO_HIT) throw new Error('the policies disagree');
      const byHand = rules.length <= TWINS.length ? TWINS[place]?.byHand(payment) : undefined;
      if (byHand !== undefined && byHand !== (state === HIT))
        throw new Error(`rule ${place} by hand disagrees`);
    }
    if (at % 100 !== 0) continue;
    const { results } = await engine.run({ ...payment });
    const names = new Set(results.map(({ name }) => name));
    const hits = states.reduce((sum, state) => sum + state, 0);
    if (names.size !== hits) throw new Error('json-rules-engine disagrees');
  }
}

let sink = 0;

function programTurns(name: string, program: Program, payments: readonly BenchFacts[]): Contestant {
  const values = vectors(program, payments);
  return {
    name,
    turns: Math.ceil(400_000 / program.rules.length),
    run: (turns) => {
      for (let turn = 0; turn < turns; turn++) {
        sink += program.evaluate(values[turn % PAYMENTS] as FactValue[])[0] as number;
      }
    },
  };
}

function verdictTurns(program: Program, payments: readonly BenchFacts[]): Contestant {
  const states = vectors(program, payments).map((values) => program.evaluate(values));
  return {
    name: 'verdict',
    turns: Math.ceil(400_000 / program.rules.length),
    run: (turns) => {
      for (let turn = 0; turn < turns; turn++) {
        sink += program.verdict(states[turn % PAYMENTS] as Uint8Array, 'possible').hits.length;
      }
    },
  };
}

function handTurns(count: number, payments: readonly BenchFacts[]): Contestant {
  const predicates = TWINS.slice(0, count).map(({ byHand }) => byHand);
  return {
    name: 'by hand',
    turns: Math.ceil(400_000 / count),
    run: (turns) => {
      for (let turn = 0; turn < turns; turn++) {
        const payment = payments[turn % PAYMENTS] as BenchFacts;
        const states = new Uint8Array(count);
        for (let at = 0; at < count; at++) {
          if ((predicates[at] as (f: BenchFacts) => boolean)(payment)) states[at] = HIT;
        }
        sink += states[0] as number;
      }
    },
  };
}

function engineTurns(engine: Engine, payments: readonly BenchFacts[], count: number): Contestant {
  return {
    name: 'json-rules-engine',
    turns: Math.ceil(600 / count) + 2,
    run: async (turns) => {
      for (let turn = 0; turn < turns; turn++) {
        const { results } = await engine.run({ ...(payments[(turn * 97) % PAYMENTS] as BenchFacts) });
        sink += results.length;
      }
    },
  };
}

/** Median CPU time of one evaluation by contestant, us; some warming rounds first, then rounds in turn. */
async function race(contestants: readonly Contestant[]): Promise<ReadonlyMap<string, number>> {
  const times = new Map(contestants.map(({ name }) => [name, [] as number[]]));
  for (let round = -3; round < ROUNDS; round++) {
    for (const contestant of contestants) {
      const { name, turns } = contestant;
      // CPU time: what else the machine does meanwhile must not count.
      const before = process.cpuUsage();
      await contestant.run(turns);
      const { user, system } = process.cpuUsage(before);
      const us = (user + system) / turns;
      if (round >= 0) times.get(name)?.push(us);
    }
  }
  if (Number.isNaN(sink)) throw new Error('never: keeps the work from being optimised away');
  return new Map([...times].map(([name, all]) => [name, median(all)]));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
