import type { PaymentContext } from '../../facts/context.js';
import { listFact } from '../../facts/lists/fact.js';
import { requestFact } from '../../facts/request/request-facts.js';
import type { AskedPayment } from '../../facts/velocity/asked.js';
import { parseHabit, parseHistory, parseVelocity } from '../../facts/velocity/specs/parse.js';
import type { FactCatalogue } from '../../rules/catalogue.js';
import type { FactParams, Json } from '../../rules/document/document.js';
import type { FactSlot, FactValue } from '../../rules/program.js';
import type { Questions } from './questions.js';
import { listsRead } from '../../rules/versions/layout.js';

/** Lists as they stand now, for synchronous look-up. */
export interface ListLookup {
  /** undefined: no such list, or its entries are not in memory. */
  has(list: string, value: string, at: number): boolean | undefined;
  typeOf(list: string): string | undefined;
  /** The last change of a list that is known here; 0 when there is none, or no such list. */
  revision(list: string): number;
  /** What was stored at this moment, epoch ms, is known here. Left out: there is no store behind it. */
  knownAt?(): number;
}

/** What the facts of one decision are read from. */
export interface FactInput {
  readonly context: PaymentContext;
  readonly windows: AskedPayment;
  readonly lists: ListLookup;
  /** Processing time, epoch ms: lists are read as of it. */
  readonly now: number;
}

/** Reads one fact. */
export type Reader = (input: FactInput) => FactValue;

/** How to fill a fact vector: made once per program. */
export interface FactPlan {
  readonly readers: readonly Reader[];
  /** Slots whose value can identify a person. */
  readonly personal: readonly number[];
  /** The lists that are read. */
  readonly lists: readonly string[];
}

/**
 * Plans every slot of a program; what it asks of the windows is noted in `questions`. The program's documents have passed
 * the static checks, so all facts and params are good.
 */
export function planFacts(
  slots: readonly FactSlot[],
  catalogue: FactCatalogue,
  questions: Questions,
): FactPlan {
  const readers: Reader[] = [];
  const personal: number[] = [];

  function reader(key: string, fact: string, params: FactParams | undefined): Reader {
    switch (fact) {
      case 'velocity': {
        const index = questions.velocity(key, () => parsed(parseVelocity(params ?? {})));
        return ({ windows, context }) => windows.velocity(index, context.zones);
      }
      case 'history': {
        const index = questions.history(key, () => parsed(parseHistory(params ?? {})));
        return ({ windows }) => windows.history(index);
      }
      case 'habit': {
        const index = questions.habit(key, () => parsed(parseHabit(params ?? {})));
        return ({ windows }) => windows.habit(index);
      }
      case 'list': {
        const list = textOf(params?.['list']);
        const of = params?.['of'];
        const read = listFact(list, typeof of === 'string' ? of : undefined);
        return ({ lists, context, now }) => read(context, lists, now);
      }
      default: {
        const read = requestFact(fact, params);
        return ({ context }) => read(context);
      }
    }
  }

  for (const { slot, key, fact, params } of slots) {
    readers[slot] = reader(key, fact, params);
    if (catalogue.get(fact)?.personal === true) personal.push(slot);
  }
  return { readers, personal, lists: listsRead(slots) };
}

/** The fact vector of one decision. A reader that fails leaves its fact missing, so that the set's policy applies. */
export function readFacts(
  plan: FactPlan,
  input: FactInput,
  failed: (slot: number, error: unknown) => void,
): FactValue[] {
  return plan.readers.map((read, slot) => {
    try {
      return read(input);
    } catch (error) {
      failed(slot, error);
      return undefined;
    }
  });
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function parsed<T>(
  result: { readonly ok: T } | { readonly problems: readonly { readonly message: string }[] },
): T {
  if ('ok' in result) return result.ok;
  throw new Error(
    `params passed the checks but not the parser: ${result.problems.map(({ message }) => message).join('; ')}`,
  );
}
