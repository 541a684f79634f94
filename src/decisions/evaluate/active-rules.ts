import type { Attribute } from '../../facts/attributes.js';
import type { PaymentContext } from '../../facts/context.js';
import { planWindows, type WindowPlan } from '../../facts/velocity/plan.js';
import type { FactCatalogue } from '../../rules/catalogue.js';
import { layoutOf } from '../../rules/versions/layout.js';
import type { FactSlot, Program, RuleSetVersion } from '../../rules/program.js';
import type { Arrangement, SiteRules } from '../../rules/publish/arrangement.js';
import type { Layout, Reference } from '../../rules/version-store.js';
import type { CompiledRules } from './compiled-rules.js';
import { lotOf, type Lot } from './canary-lot.js';
import { planFacts, type FactPlan } from './fact-plan.js';
import { Questions } from './questions.js';
import { shadowPlan, type ShadowPlan } from './shadow-plan.js';

/** What decides one payment. */
export interface ChosenRules {
  readonly rules: CompiledRules;
  /** What was drawn for the canaries that run for its site; empty where none does. */
  readonly lots: readonly Lot[];
  /** What is asked beside it, off the way of the answer. */
  readonly shadows: readonly ShadowPlan[];
}

/** One immutable snapshot of the rules in force everywhere. */
export interface RulesInForce {
  /** What the windows must answer. */
  readonly windowPlan: WindowPlan;
  /** Its name: with the same, the windows need not be told of another. */
  readonly asked: string;
  /** Whether any rule looks at what was decided about earlier payments. */
  readonly asksOutcome: boolean;
  /** Those of everything that decides: what is in shadow appears in no record. */
  readonly layouts: readonly Layout[];
  choose(context: PaymentContext): ChosenRules;
}

/** What a snapshot is made with. */
export interface RulesInForceOptions {
  readonly catalogue: FactCatalogue;
  readonly hash: (attribute: Attribute, value: string) => number;
  /** The tables that facts are read from; default: none that records should name. */
  readonly references?: readonly Reference[];
  /** Lays something over the plan, once for each program: a rehearsal gives facts by hand. Default: nothing. */
  readonly planned?: (plan: FactPlan, slots: readonly FactSlot[]) => FactPlan;
}

/** What decides at some sites, ready: first without any canary, then with each. */
interface SiteChoices {
  readonly site: SiteRules;
  readonly stable: Choice;
  /** In the order of the site's canaries. */
  readonly canaries: readonly Choice[];
}

type Choice = Omit<ChosenRules, 'lots'>;

const NO_LOTS: readonly Lot[] = [];

/** Compiles an arrangement into a snapshot. */
export function rulesInForce(
  arrangement: Arrangement,
  options: RulesInForceOptions,
  compile: (versions: readonly RuleSetVersion[]) => Program,
): RulesInForce {
  const questions = new Questions();
  const compiled = new Map<Program, CompiledRules>();
  const compiledRules = (versions: readonly RuleSetVersion[]): CompiledRules => {
    const program = compile(versions);
    let rules = compiled.get(program);
    if (rules === undefined) {
      const facts = planFacts(program.slots, options.catalogue, questions);
      const plan = options.planned?.(facts, program.slots) ?? facts;
      rules = { program, layout: layoutOf(program, options.references), plan };
      compiled.set(program, rules);
    }
    return rules;
  };
  const choiceOf = (versions: readonly RuleSetVersion[], { shadows }: SiteRules): Choice => {
    const rules = compiledRules(versions);
    return { rules, shadows: shadows.map((shadow) => shadowPlan(rules, versions, shadow, compiledRules)) };
  };
  for (const { stable, canaries } of arrangement.all)
    for (const versions of [stable, ...canaries.map((canary) => canary.versions)]) compiledRules(versions);
  const deciding = [...compiled.values()];
  questions.endDeciding();
  const sites = new Map<SiteRules, SiteChoices>();
  for (const site of arrangement.all) {
    const stable = choiceOf(site.stable, site);
    sites.set(site, {
      site,
      stable,
      canaries: site.canaries.map(({ versions }) => choiceOf(versions, site)),
    });
  }
  const always = new Map([...sites.values()].map(({ stable }) => [stable, { ...stable, lots: NO_LOTS }]));

  return {
    windowPlan: planWindows(questions, options.hash),
    asked: questions.name,
    asksOutcome: questions.askOutcome,
    layouts: deciding.map(({ layout }) => layout),
    choose(context) {
      const choices = sites.get(arrangement.at(context.site));
      if (choices === undefined) throw new Error('an arrangement knows all that it gives');
      const { site, stable, canaries } = choices;
      if (canaries.length === 0) return always.get(stable) as ChosenRules;
      const lots: Lot[] = [];
      let choice = stable;
      for (const [index, { staged }] of site.canaries.entries()) {
        const lot = lotOf(staged, context, options.hash, choice === stable);
        lots.push(lot);
        if (lot.drawn) choice = canaries[index] as Choice;
      }
      return { rules: choice.rules, shadows: choice.shadows, lots };
    },
  };
}
