import { standingOf } from '../publish/evidence.js';
import type { Publication, RuleVersionStore } from '../version-store.js';

/** Somebody other than the author who agreed to a version. */
export interface Approval {
  readonly actor: string;
  readonly comment: string;
  /** Epoch ms. */
  readonly at: number;
}

/** Who made a version, who let it decide, and why. */
export interface Provenance {
  readonly author: string;
  readonly comment: string;
  /** Epoch ms. */
  readonly createdAt: number;
  /** What made it active; undefined: the log does not say. */
  readonly activation: Pick<Publication, 'revision' | 'step' | 'actor' | 'reason' | 'at'> | undefined;
  readonly approvals: readonly Approval[];
}

/** Tells where a version came from that decided at a moment (epoch ms); undefined: there is no such version. */
export type ProvenanceOf = (
  ruleSet: string,
  version: number,
  decidedAt: number,
) => Promise<Provenance | undefined>;

/** Publications that are read at a time. */
const PAGE = 100;

/** Reads it from versions, their evidence and the log of publications. */
export function provenanceFrom(
  store: Pick<RuleVersionStore, 'get' | 'publications' | 'evidence'>,
): ProvenanceOf {
  return async (ruleSet, version, decidedAt) => {
    const stored = await store.get(ruleSet, version);
    if (stored === undefined) return undefined;
    const { author, comment, createdAt } = stored;
    return {
      author,
      comment,
      createdAt,
      activation: await activationOf(store, ruleSet, version, decidedAt),
      approvals: standingOf(await store.evidence(ruleSet, version), stored).approvals,
    };
  };
}

/**
 * The last publication up to the moment that led to the version. Clocks of instances differ: where it was published by a
 * later clock, the first that led to it.
 */
async function activationOf(
  store: Pick<RuleVersionStore, 'publications'>,
  ruleSet: string,
  version: number,
  decidedAt: number,
): Promise<Provenance['activation']> {
  let found: Publication | undefined;
  let before: number | undefined;
  for (;;) {
    const page = await store.publications(ruleSet, PAGE, before);
    for (const publication of page) {
      if (!ledTo(publication, version)) continue;
      found = publication;
      if (publication.at <= decidedAt) return activation(found);
    }
    before = page.at(-1)?.revision;
    if (page.length < PAGE || before === undefined)
      return found === undefined ? undefined : activation(found);
  }
}

/** Whether a publication made the version decide, for all or for some. */
function ledTo({ step, version, from, to }: Publication, wanted: number): boolean {
  return step === 'start-canary' ? version === wanted : to === wanted && from !== to;
}

function activation({ revision, step, actor, reason, at }: Publication): Provenance['activation'] {
  return { revision, step, actor, reason, at };
}
