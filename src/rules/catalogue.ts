import type { Json, TestCondition } from './document/document.js';

/** The types a fact's value can have; every one can also be missing. */
export type FactType = 'boolean' | 'number' | 'string' | 'string-list' | 'object';

/** Where a fact comes from; `request`, `site` and `clock` facts cost no fetch. */
export type FactSource =
  'request' | 'site' | 'clock' | 'rates' | 'velocity' | 'list' | 'geography' | 'history';

/** A way of writing text. */
export interface TextForm {
  /** A regular expression for the whole text, such as `^[A-Z]{2}$`. */
  readonly pattern: string;
  /** The same for people, after `it is`: `a country in two capitals`. */
  readonly says: string;
}

/** Something wrong with a fact's parameters: where (JSON Pointer below `params`) and what. */
export interface ParamProblem {
  readonly path: string;
  readonly message: string;
  /** A name or word that there is not, and those there are. */
  readonly misspelt?: { readonly name: string; readonly known: readonly string[] };
}

/** Something that a payment may lack, and what a fact is where it does. */
export interface Guard {
  /** Asks whether it is there; never missing itself. */
  readonly guard: TestCondition;
  /** What is so where it is not there: `the payment has no email`. */
  readonly lack: string;
  /** What the fact is there; absent: missing. */
  readonly worth?: boolean;
}

/** How far back a number looks, where it can only grow with that. */
export interface Growth {
  /** Equal for numbers that differ in nothing else: all of them are missing or none is. */
  readonly alike: string;
  /** Of two, the one with the larger is never the smaller number. */
  readonly back: number;
}

/** What rules may ask: the one source of the JSON Schema, the static checks and the docs. */
export interface FactDefinition {
  /** For example `card.bin`. */
  readonly name: string;
  readonly type: FactType;
  readonly source: FactSource;
  /** One sentence for authors, with the unit. */
  readonly description: string;
  /** Its value can identify a person: kept apart in records. */
  readonly personal?: boolean;
  /** The only values it can have, where that is a closed set. */
  readonly values?: readonly string[];
  /** How its texts are written, where that is more than text: any other text is never its value. */
  readonly form?: TextForm;
  /** What its numbers count, after a number: `days`. For these params, where it depends on them; absent: bare numbers. */
  readonly unit?: string | ((params: { readonly [name: string]: Json }) => string | undefined);
  /** Smallest and largest possible value of a number. */
  readonly range?: readonly [number, number];
  /** The same for these params, where it is narrower; undefined: it is not. */
  readonly rangeFor?: (params: { readonly [name: string]: Json }) => readonly [number, number] | undefined;
  /** Whether its numbers are whole, for these params where it depends on them: no other is ever its value. */
  readonly whole?: boolean | ((params: { readonly [name: string]: Json }) => boolean);
  /** For a number that never is less when it looks further back: how far back it looks. */
  readonly growth?: (params: { readonly [name: string]: Json }) => Growth | undefined;
  /** JSON Schema (2020-12 subset) of `params`; absent: the fact takes none. */
  readonly params?: { readonly [keyword: string]: Json };
  /** More JSON Schema of `params`, for editors: which go together. The checks leave it to `checkParams`. */
  readonly paramCases?: { readonly [keyword: string]: Json };
  /** Checks what the schema cannot say. Pure. */
  readonly checkParams?: (params: { readonly [name: string]: Json }) => readonly ParamProblem[];
  /** What in good parameters may not be what is meant. Pure. */
  readonly warnParams?: (params: { readonly [name: string]: Json }) => readonly ParamProblem[];
  /** The type of its value for these params, where it depends on them. */
  readonly typeFor?: (params: { readonly [name: string]: Json }) => FactType;
  /** For a fact about lists: the type of list that each value of its parameter `of` stands on. */
  readonly listTypes?: { readonly [of: string]: string };
  /**
   * What its value hangs on, with these params and, for a fact about lists, the list's type. Where a guard is false it is
   * missing, or what the guard says.
   */
  readonly guards?: (
    params: { readonly [name: string]: Json },
    listType: string | undefined,
  ) => readonly Guard[];
  /** What values of a parameter mean, by parameter and value; for docs. */
  readonly meanings?: { readonly [param: string]: { readonly [value: string]: string } };
  /** A complete use, for docs and editor completion. */
  readonly example?: { readonly [name: string]: Json };
}

/** All facts by name. */
export type FactCatalogue = ReadonlyMap<string, FactDefinition>;
