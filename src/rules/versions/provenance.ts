import { standingOf } from '../publish/evidence.js';
import { scopesOf, type Scope } from '../publish/scope.js';
import type { Publication, RuleVersionStore } from '../version-store.js';
import { publicationsIn } from './roll-back.js';

/** Somebody other than the author who agreed to a version. */
export interface Approval {
  readonly actor: string;
  readonly comment: string;
  /** Epoch ms. */
  readonly at: number;
  /** In development mode: nobody knows who the actor is. */
  readonly development?: true;
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

/** A version that decided. */
export interface Decided {
  readonly ruleSet: string;
  readonly version: number;
  /** Whose payment it decided. */
  readonly site: string;
  /** Epoch ms. */
  readonly at: number;
  /** The revision that began the canary that it decided as; left out: it was active. */
  readonly since?: number | undefined;
}

/** Tells where a version came from that decided; undefined: there is no such version. */
export type ProvenanceOf = (decided: Decided) => Promise<Provenance | undefined>;

type Log = Pick<RuleVersionStore, 'publications' | 'stagesOf'>;

/** Reads it from versions, their evidence and the log of publications. `groupOf`: of a site, '' for none. */
export function provenanceFrom(
  store: Log & Pick<RuleVersionStore, 'get' | 'evidence'>,
  groupOf: (site: string) => string,
): ProvenanceOf {
  return async (decided) => {
    const { ruleSet, version, site } = decided;
    const stored = await store.get(ruleSet, version);
    if (stored === undefined) return undefined;
    const { author, comment, createdAt } = stored;
    const found = await publicationOf(store, decided, scopesOf({ id: site, group: groupOf(site) }));
    return {
      author,
      comment,
      createdAt,
      activation: found && activation(found),
      approvals: standingOf(await store.evidence(ruleSet, version), stored).approvals,
    };
  };
}

/** What made the version decide: as the canary that it was, else as what was active there. */
async function publicationOf(
  store: Log,
  decided: Decided,
  scopes: readonly Scope[],
): Promise<Publication | undefined> {
  const { ruleSet, since } = decided;
  if (since === undefined) return await activationOf(store, decided, scopes);
  const [began] = await store.publications(ruleSet, 1, since + 1);
  return began?.revision === since ? began : undefined;
}

/**
 * The publication that made the version active in the most specific of the scopes that had one active at the moment.
 * Where that is another version, clocks of instances differ, or the site was in another group then: the last publication
 * up to the moment that led to the version in any of the scopes, else the first one after it.
 */
async function activationOf(
  store: Log,
  { ruleSet, version, at }: Decided,
  scopes: readonly Scope[],
): Promise<Publication | undefined> {
  const ever = new Set((await store.stagesOf(ruleSet)).map(({ scope }) => scope));
  const wanted = scopes.filter((scope) => ever.has(scope));
  /** By scope, the last that changed what was active there. */
  const last = new Map<Scope, Publication>();
  const deciding = (): Publication | undefined =>
    wanted.map((scope) => last.get(scope)).find((one) => one !== undefined && one.to !== 0);
  let before: Publication | undefined;
  let after: Publication | undefined;
  for await (const publication of publicationsIn(store, ruleSet, ...wanted)) {
    if (publication.at > at) {
      if (ledTo(publication, version)) after = publication;
      continue;
    }
    if (ledTo(publication, version)) before ??= publication;
    const { scope, from, to } = publication;
    if (from !== to && !last.has(scope)) last.set(scope, publication);
    if (last.size < wanted.length) continue;
    if (deciding()?.to === version) return deciding();
    if (before !== undefined) return before;
  }
  return deciding()?.to === version ? deciding() : (before ?? after);
}

/** Whether a publication made the version decide, for all or for some. */
function ledTo({ step, version, from, to }: Publication, wanted: number): boolean {
  return step === 'start-canary' ? version === wanted : to === wanted && from !== to;
}

function activation({ revision, step, actor, reason, at }: Publication): Provenance['activation'] {
  return { revision, step, actor, reason, at };
}
