import type { Journal, JournalAnswer, JournalEntry, JournalQuery } from '../../../src/decisions/ports.js';
import { TollgateError } from '../../../src/errors/errors.js';
import type { StreamEvent } from '../../../src/facts/stream.js';
import type { Stage } from '../../../src/rehearsal/stage.js';

/** How an append ends: `lost` is not stored; `unsure` is, but that is not said. */
export type Ending = 'stored' | 'lost' | 'unsure';

/** An entry whose caller was told that its append failed. */
export interface Failure {
  readonly entry: JournalEntry;
  readonly ending: Exclude<Ending, 'stored'>;
  /** Epoch ms. */
  readonly at: number;
}

/** A question under way. */
export interface Question {
  /** What its ranges are of. */
  readonly keys: readonly number[];
  /** Hands over some events of each range ahead. */
  part(): void;
  /** With what was there when it was asked, or, but for the tail, with what is there by now. */
  answer(of: 'then' | 'now'): void;
  fail(): void;
}

const PART = 3;
/** Questions at most: whoever asks without end is told so, and ends. */
const MOST = 2000;
const OTHER_LOG = 2;

/** The store of a stage, made to answer and to fail when it is told to. */
export class SlowStore {
  readonly questions: Question[] = [];
  readonly appends: ((ending: Ending) => void)[] = [];
  readonly failures: Failure[] = [];
  /** When rounds asked about an entry, epoch ms. */
  readonly askedAt = new Map<string, number[]>();
  /** Ranges that were read outside a round. */
  asides = 0;
  readonly #elsewhere: StreamEvent[] = [];
  readonly #query: Journal['query'];
  readonly #append: Journal['append'];
  readonly #now: () => number;
  #slow = true;
  #asked = 0;

  constructor({ journal, world }: Pick<Stage, 'journal' | 'world'>) {
    this.#query = journal.query.bind(journal);
    this.#append = journal.append.bind(journal);
    this.#now = () => world.clock.now();
    Object.assign(journal, {
      query: (asked) => this.#ask(asked),
      append: (entries) => this.#take(entries),
    } satisfies Partial<Journal>);
  }

  /** From now on it does at once what it is told, and it ends well all that is under way. */
  hurry(): void {
    this.#slow = false;
    for (const question of this.questions.slice()) question.answer('then');
    for (const end of this.appends.splice(0)) end('stored');
  }

  /** Another instance admits a payment like one that was admitted here. */
  async admitElsewhere({ id, event, keys }: JournalEntry): Promise<void> {
    const seq = this.#elsewhere.length + 1;
    const other = { ...event, log: OTHER_LOG, seq };
    this.#elsewhere.push(other);
    const entry = { id: `${id}/${seq}`, alias: undefined, event: other, keys };
    await this.#append([{ ...entry, decision: undefined, report: undefined }]);
  }

  async #read(asked: JournalQuery): Promise<JournalAnswer> {
    const seen = asked.seen?.get(OTHER_LOG) ?? 0;
    const tail = asked.seen === undefined ? [] : this.#elsewhere.filter(({ seq }) => seq > seen);
    const { entries, ranges } = await this.#query({ ...asked, longest: Infinity });
    return { entries, ranges, tail };
  }

  async #ask(asked: JournalQuery): Promise<JournalAnswer> {
    const { longest = Infinity } = asked;
    if (asked.longest === undefined) this.asides += 1;
    this.#asked += 1;
    if (this.#asked > MOST) throw new Error(`more than ${MOST} questions`);
    for (const id of asked.ids) this.askedAt.set(id, [...(this.askedAt.get(id) ?? []), this.#now()]);
    const then = await this.#read(asked);
    const handed = asked.ranges.map(() => new Set<StreamEvent>());
    const rest = ({ ranges }: JournalAnswer, place: number): StreamEvent[] =>
      (ranges[place] ?? []).filter((event) => handed[place]?.has(event) === false);
    const whole = (answer: JournalAnswer): JournalAnswer => {
      const isLong = (place: number): boolean => (answer.ranges[place]?.length ?? 0) > longest;
      const ranges = asked.ranges.map((_, place) => (isLong(place) ? undefined : rest(answer, place)));
      return { ...answer, ranges };
    };
    if (!this.#slow) return whole(then);
    return new Promise((resolve, reject) => {
      const question: Question = {
        keys: asked.ranges.map(({ key }) => key),
        part: () => {
          for (const [place, own] of handed.entries()) {
            const events = rest(then, place).slice(0, PART);
            for (const event of events) own.add(event);
            if (events.length > 0) asked.onEvents?.(place, events);
          }
        },
        answer: (of) => {
          leave();
          if (of === 'then') resolve(whole(then));
          else this.#read(asked).then((now) => resolve({ ...whole(now), tail: then.tail }), reject);
        },
        fail: () => {
          leave();
          reject(away());
        },
      };
      const leave = (): void => void this.questions.splice(this.questions.indexOf(question), 1);
      this.questions.push(question);
    });
  }

  async #take(entries: readonly JournalEntry[]): ReturnType<Journal['append']> {
    const ending = this.#slow ? await new Promise<Ending>((end) => this.appends.push(end)) : 'stored';
    const results = ending === 'lost' ? [] : await this.#append(entries);
    if (ending === 'stored') return results;
    for (const entry of entries) this.failures.push({ entry, ending, at: this.#now() });
    throw away();
  }
}

function away(): TollgateError {
  return new TollgateError('STORE_UNAVAILABLE', 'the store is away');
}
