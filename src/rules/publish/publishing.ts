import { invalidRequest, TollgateError } from '../../errors/errors.js';
import { followed } from '../../errors/store-unavailable.js';
import { decodeNumber, encodeToken, type Page, type PageQuery } from '../../paging/paging.js';
import { knownVersion, newestVersion, standingsOf, type Standings } from '../known-versions.js';
import { stale } from '../rule-set-errors.js';
import type { RuleSetInfo } from '../rule-set-info.js';
import { summaryOf } from '../summary.js';
import type { Publication, RuleVersionStore, StoredVersion } from '../version-store.js';
import { activeChanges, publicationsIn } from '../versions/roll-back.js';
import type { Readiness } from './evidence.js';
import type { Scope } from './scope.js';
import type { CanarySettings, StagedVersion } from './stage.js';
import { stepsOf, type Move } from './steps.js';

/** Who changes where a version stands, and why. */
export interface PublishInput {
  readonly ruleSet: string;
  readonly scope: Scope;
  readonly actor: string;
  readonly reason: string;
  /** Whether nothing goes live without a reason. What is taken back is never refused for the want of words. */
  readonly saysWhy?: boolean;
  /** The revision the caller saw; another one is STALE_ETAG. undefined: whatever it is. */
  readonly revision: number | undefined;
}

/** A change that names a version. */
export interface PublishVersionInput extends PublishInput {
  readonly version: number;
}

/** Puts versions live and takes them back. All methods throw TollgateError. */
export interface Publishing {
  /** Throws NOT_PROVEN when evidence is missing, INVALID_REQUEST when the reason is. Ends a canary in the scope. Activating what is active is no change. */
  activate(input: PublishVersionInput): Promise<RuleSetInfo>;
  /**
   * Takes the canary of the scope back, where there is one; else makes the version active again that was before the
   * present one. A scope narrower than all sites that had none goes back to what holds around it. `canary`: only the one
   * that this revision began. `taking`: only this version; taken back already, last of all there, it is no change.
   */
  rollBack(
    input: PublishInput & { readonly canary?: number; readonly taking?: number | undefined },
  ): Promise<RuleSetInfo>;
  /**
   * Takes the rule set out of service in the scope; what is active around it holds there then. This and both stops are no
   * change where that was done before.
   */
  deactivate(input: PublishInput): Promise<RuleSetInfo>;
  startShadow(input: PublishVersionInput): Promise<RuleSetInfo>;
  stopShadow(input: PublishVersionInput): Promise<RuleSetInfo>;
  /** Throws NOT_PROVEN and INVALID_REQUEST likewise. For a version that is in canary already other settings begin another run; the same are no change. */
  startCanary(input: PublishVersionInput & { readonly settings: CanarySettings }): Promise<RuleSetInfo>;
  stopCanary(input: PublishInput): Promise<RuleSetInfo>;
  /** The publication log of a rule set, newest first. */
  publications(ruleSet: string, page: PageQuery): Promise<Page<Publication>>;
}

/** What publishing needs. */
export interface PublishingOptions {
  readonly store: RuleVersionStore;
  readonly now: () => number;
  readonly readiness: (version: StoredVersion) => Promise<Readiness>;
  /**
   * Does some work while what a stored version names stays there. Throws when the version does not pass the checks of this
   * release: it must not replace a running one.
   */
  readonly holding: <T>(version: StoredVersion, work: () => Promise<T>) => Promise<T>;
  /** Called after anything changed, before the call is answered. May fail with STORE_UNAVAILABLE. */
  readonly changed: () => Promise<void>;
}

/** Of changes of one set at once, one gets through in each try. */
const TRIES = 100;

/** What becomes of the standings; undefined: nothing is to be done. */
type Plan = (standings: Standings) => Promise<Move | undefined>;

/** Publishing over a store. */
export function createPublishing(options: PublishingOptions): Publishing {
  const { store } = options;

  /** Of publications at once that name no revision the last one counts. */
  async function publish(input: PublishInput, plan: Plan): Promise<RuleSetInfo> {
    const tries = input.revision === undefined ? TRIES : 1;
    for (let left = tries - 1; ; left--) {
      const published = await tryToPublish(input, plan);
      if (published !== 'stale') return published;
      if (left === 0) throw stale(await standingsOf(store, input.ruleSet));
    }
  }

  async function tryToPublish(input: PublishInput, plan: Plan): Promise<RuleSetInfo | 'stale'> {
    const { ruleSet, scope, actor, reason } = input;
    const standings = await standingsOf(store, ruleSet);
    const latest = await newestVersion(store, ruleSet);
    if (input.revision !== undefined && input.revision !== standings.revision) throw stale(standings);
    const move = await plan(standings);
    if (move === undefined) {
      // Somebody else may have brought it about since the revision was read.
      const [newest] = await store.publications(ruleSet, 1, undefined);
      return (newest?.revision ?? 0) === standings.revision ? summaryOf(standings, latest) : 'stale';
    }
    const revision = standings.revision + 1;
    const at = options.now();
    const { step, version, from, to, waived = [] } = move;
    const changes = move.changes.map((change) => ({
      ruleSet,
      scope,
      since: revision,
      sinceAt: at,
      ...change,
    }));
    const canary = changes.find((change) => change.canary !== undefined)?.canary;
    const what = { ruleSet, revision, scope, version, from, to, actor, reason, at, step };
    const log = {
      ...what,
      ...(waived.length === 0 ? {} : { waived }),
      ...(canary === undefined ? {} : { canary }),
    };
    const write = (): Promise<'published' | 'stale'> => store.publish(log, changes);
    const entering = changes.find(({ stage }) => stage !== 'archived');
    const published = entering === undefined ? await write() : await holding(entering, write);
    if (published === 'stale') return 'stale';
    // From here on nothing may be asked of the store that could make a failure of what is done already.
    await followed(options.changed());
    const moved = new Set(changes.map((change) => change.version));
    const others = standings.stages.filter((one) => one.scope !== scope || !moved.has(one.version));
    return summaryOf({ ruleSet, revision, stages: [...others, ...changes] }, latest);
  }

  /** A version that may go live, and what it goes live without. */
  async function proven(input: PublishVersionInput): Promise<Pick<Move, 'waived'>> {
    const version = await knownVersion(store, input.ruleSet, input.version);
    const { missing, waived } = await options.readiness(version);
    if (missing.length > 0) throw notProven(version, missing);
    if (input.saysWhy === true && input.reason.trim() === '')
      throw invalidRequest([
        { field: 'reason', description: 'is required: the log says why a version went live' },
      ]);
    return { waived };
  }

  /** Whether the last that was done in the scope took back this version. */
  async function tookBackLast({ ruleSet, scope }: PublishInput, taken: number): Promise<boolean> {
    for await (const { step, version } of publicationsIn(store, ruleSet, scope))
      return step === 'roll-back' && version === taken;
    return false;
  }

  async function holding<T>(entering: StagedVersion, work: () => Promise<T>): Promise<T> {
    return options.holding(await knownVersion(store, entering.ruleSet, entering.version), work);
  }

  return {
    activate: (input) =>
      publish(input, async (standings) => {
        await knownVersion(store, input.ruleSet, input.version);
        const move = stepsOf(standings, input.scope).activate(input.version);
        return move && { ...move, ...(await proven(input)) };
      }),

    rollBack(input) {
      /** The revision by which went live what was to be taken back at first: it must not take back what it never saw. */
      let seen: number | undefined;
      return publish(input, async (standings) => {
        const steps = stepsOf(standings, input.scope);
        if (input.canary !== undefined) return steps.endCanary('roll-back', input.canary);
        const { version = 0, since = 0 } = steps.wentLiveLast ?? {};
        if (input.taking !== undefined && input.taking !== version) {
          if (await tookBackLast(input, input.taking)) return undefined;
          throw stale(standings);
        }
        seen ??= since;
        if (seen !== since) throw stale(standings);
        return (
          steps.endCanary('roll-back') ??
          (await steps.rollBack(activeChanges(store, input.ruleSet, input.scope)))
        );
      });
    },

    deactivate: (input) =>
      publish(input, async (standings) =>
        stepsOf(standings, input.scope).deactivate(activeChanges(store, input.ruleSet, input.scope)),
      ),

    startShadow: (input) =>
      publish(input, async (standings) => {
        await knownVersion(store, input.ruleSet, input.version);
        return stepsOf(standings, input.scope).startShadow(input.version);
      }),

    stopShadow: (input) =>
      publish(input, async (standings) => stepsOf(standings, input.scope).stopShadow(input.version)),

    startCanary: (input) =>
      publish(input, async (standings) => {
        await knownVersion(store, input.ruleSet, input.version);
        const move = stepsOf(standings, input.scope).startCanary(input.version, input.settings);
        return move && { ...move, ...(await proven(input)) };
      }),

    stopCanary: (input) =>
      publish(input, async (standings) =>
        stepsOf(standings, input.scope).stopCanary(publicationsIn(store, input.ruleSet, input.scope)),
      ),

    async publications(ruleSet, { size, token }) {
      const before = token === '' ? undefined : decodeNumber(token);
      const found = await store.publications(ruleSet, size + 1, before);
      if (found.length === 0) await newestVersion(store, ruleSet);
      const items = found.slice(0, size);
      const last = items.at(-1);
      return {
        items,
        next: found.length > size && last !== undefined ? encodeToken(String(last.revision)) : '',
      };
    },
  };
}

function notProven({ ruleSet, version }: StoredVersion, missing: readonly string[]): TollgateError {
  const text = `version ${version} of ${ruleSet} may not go live yet: ${missing.join('; ')}`;
  return new TollgateError('NOT_PROVEN', text, {
    violations: missing.map((description) => ({ field: 'version', description })),
    metadata: { rule_set: ruleSet, version: String(version) },
  });
}
