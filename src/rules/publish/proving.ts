import { invalidRequest, TollgateError } from '../../errors/errors.js';
import { knownVersion } from '../known-versions.js';
import type { RuleVersionStore, StoredVersion } from '../version-store.js';
import type { RuleSetDocument } from '../document/document.js';
import {
  owedOf,
  readinessOf,
  SHIPPED,
  standingOf,
  wrote,
  type CasesResult,
  type Evidence,
  type Readiness,
  type Standing,
  type Waivable,
} from './evidence.js';
import type { StagedVersion } from './stage.js';

/** Runs golden cases over a document. */
export type RunCases = (
  document: RuleSetDocument,
  texts: { readonly cases: string; readonly lists: string },
) => Promise<
  | { readonly ok: CasesResult }
  | {
      readonly problems: readonly {
        readonly field: 'cases_json' | 'lists_json';
        readonly description: string;
      }[];
    }
>;

/** Something said about a version by somebody. */
export interface SaidOf {
  readonly ruleSet: string;
  readonly version: number;
  readonly actor: string;
  readonly comment: string;
}

/** All that speaks for a version. */
export interface Proof {
  readonly evidence: readonly Evidence[];
  readonly standing: Standing;
  readonly readiness: Readiness;
}

/** A version that is live on somebody's word, and what has to follow. */
export interface Owed {
  readonly staged: StagedVersion;
  readonly owed: readonly Waivable[];
  /** Who gave the word, and why. */
  readonly waivers: Readiness['waived'];
}

/** Gathers what speaks for versions before they go live. All methods throw TollgateError. */
export interface Proving {
  /** Runs golden cases over a version and keeps how they ended; the latest run counts. `ended`: they have been run already. */
  attachCases(
    said: SaidOf & { readonly cases: string; readonly lists: string },
    ended?: CasesResult,
  ): Promise<CasesResult>;
  /** `hash`: of the content that was looked at. Throws SECOND_PERSON_NEEDED to those who wrote it. */
  approve(said: SaidOf & { readonly hash: string }): Promise<Proof>;
  /** Takes the actor's own approval back; NOT_APPROVED where there is none. What is live stays live. */
  withdraw(said: SaidOf): Promise<Proof>;
  /** In an emergency, or before there are backtests: goes on somebody's word, and is reported until it follows. */
  waive(said: SaidOf & { readonly waives: readonly Waivable[] }): Promise<Proof>;
  proof(ruleSet: string, version: number): Promise<Proof>;
  /** What is live without all its evidence. */
  owed(): Promise<readonly Owed[]>;
}

/** What proving needs. */
export interface ProvingOptions {
  readonly store: RuleVersionStore;
  readonly now: () => number;
  /** Callers have no identity: nobody can be the second person. */
  readonly development: boolean;
  readonly runCases: RunCases;
}

type Body = Evidence extends infer E ? (E extends Evidence ? Omit<E, keyof Said> : never) : never;
type Said = Pick<
  Evidence,
  'ruleSet' | 'version' | 'number' | 'hash' | 'actor' | 'at' | 'comment' | 'development'
>;

/** Of several who add evidence at once, one gets through in each try. */
const TRIES = 30;
/**
 * Bounds what is kept of one version: results of cases, and everything. The rest of the room is for those who answer for it;
 * to take an approval back there is always some.
 */
const MAX_CASES = 500;
const MAX_EVIDENCE = 1_000;

/** Proving over a store. */
export function createProving({ store, now, development, runCases }: ProvingOptions): Proving {
  async function add(
    version: StoredVersion,
    { actor, comment }: SaidOf,
    body: Body,
  ): Promise<readonly Evidence[]> {
    const { ruleSet, version: number, hash } = version;
    for (let tries = 1; ; tries++) {
      const before = await store.evidence(ruleSet, number);
      mustHaveRoom(version, before, body.kind);
      const said: Said = {
        ruleSet,
        version: number,
        number: before.length + 1,
        hash,
        actor,
        at: now(),
        comment,
        ...(development && actor !== SHIPPED ? { development: true } : {}),
      };
      const evidence: Evidence = { ...said, ...body };
      if ((await store.addEvidence(evidence)) === 'added') return [...before, evidence];
      if (tries === TRIES)
        throw new TollgateError(
          'STALE_ETAG',
          `others keep adding evidence to version ${number} of ${ruleSet}; try again`,
        );
    }
  }

  function proofOf(version: StoredVersion, evidence: readonly Evidence[]): Proof {
    const standing = standingOf(evidence, version, !development);
    return { evidence, standing, readiness: readinessOf(standing, development) };
  }

  async function proof(ruleSet: string, number: number): Promise<Proof> {
    const version = await knownVersion(store, ruleSet, number);
    return proofOf(version, await store.evidence(ruleSet, number));
  }

  async function owedBy(staged: StagedVersion): Promise<Owed | undefined> {
    const { ruleSet, version, since } = staged;
    const { standing, readiness } = await proof(ruleSet, version);
    const owed = owedOf(standing);
    if (owed.length === 0) return undefined;
    const [publication] = await store.publications(ruleSet, 1, since + 1);
    // A roll-back asks for no evidence, and says nothing of it.
    return { staged, owed, waivers: publication?.waived ?? readiness.waived };
  }

  return {
    async attachCases(said, ended) {
      const version = await knownVersion(store, said.ruleSet, said.version);
      const result = ended ?? (await endOfCases(runCases, version.document, said));
      const { standing } = await proof(said.ruleSet, said.version);
      // Who pushes the same files again and again says nothing new.
      if (!sameResult(standing.cases, result)) await add(version, said, { kind: 'cases', ...result });
      return result;
    },

    async approve(said) {
      const version = await knownVersion(store, said.ruleSet, said.version);
      if (version.hash !== said.hash)
        throw new TollgateError(
          'STALE_ETAG',
          `version ${version.version} of ${version.ruleSet} has another hash than the one that was looked at`,
          { metadata: { hash: version.hash } },
        );
      if (wrote(version, said.actor))
        throw new TollgateError(
          'SECOND_PERSON_NEEDED',
          `${said.actor} wrote version ${version.version} of ${version.ruleSet}: somebody else has to approve it`,
        );
      return proofOf(version, await add(version, said, { kind: 'approval' }));
    },

    async withdraw(said) {
      const version = await knownVersion(store, said.ruleSet, said.version);
      const { standing } = await proof(said.ruleSet, said.version);
      if (!standing.approvals.some(({ actor }) => actor === said.actor))
        throw new TollgateError(
          'NOT_APPROVED',
          `${said.actor} has not approved version ${version.version} of ${version.ruleSet}`,
        );
      return proofOf(version, await add(version, said, { kind: 'withdrawal' }));
    },

    async waive(said) {
      const version = await knownVersion(store, said.ruleSet, said.version);
      return proofOf(version, await add(version, said, { kind: 'waiver', waives: said.waives }));
    },

    proof,

    async owed() {
      const live = (await store.staged()).filter(({ stage }) => stage === 'active' || stage === 'canary');
      const found: Owed[] = [];
      for (const staged of live) {
        const owed = await owedBy(staged);
        if (owed !== undefined) found.push(owed);
      }
      return found;
    },
  };
}

function mustHaveRoom(
  { ruleSet, version }: StoredVersion,
  before: readonly Evidence[],
  kind: Evidence['kind'],
): void {
  if (kind === 'withdrawal') return;
  const cases = kind === 'cases';
  const most = cases ? MAX_CASES : MAX_EVIDENCE;
  const count = cases ? before.filter((piece) => piece.kind === 'cases').length : before.length;
  if (count < most) return;
  const what = cases ? 'results of cases' : 'pieces of evidence';
  throw new TollgateError(
    'LIMIT_REACHED',
    `version ${version} of ${ruleSet} has ${most} ${what}, and no room for more: store a new version`,
  );
}

/** Runs golden cases. Throws INVALID_REQUEST where they are none. */
export async function endOfCases(
  runCases: RunCases,
  document: RuleSetDocument,
  texts: { readonly cases: string; readonly lists: string },
): Promise<CasesResult> {
  const result = await runCases(document, texts);
  if (!('ok' in result)) throw invalidRequest(result.problems);
  return result.ok;
}

function sameResult(
  known: CasesResult | undefined,
  { casesHash, passed, failed, failures }: CasesResult,
): boolean {
  return (
    known?.casesHash === casesHash &&
    known.passed === passed &&
    known.failed === failed &&
    known.failures.join('\n') === failures.join('\n')
  );
}
