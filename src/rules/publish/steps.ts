import { isDeepStrictEqual } from 'node:util';
import { TollgateError } from '../../errors/errors.js';
import type { Standings } from '../known-versions.js';
import type { Publication, PublicationStep } from '../version-store.js';
import { versionBefore } from '../versions/roll-back.js';
import { scopeText, type Scope } from './scope.js';
import type { CanarySettings, StagedVersion } from './stage.js';

/** A change of where versions stand in one scope. */
export interface Move {
  readonly step: PublicationStep;
  readonly version: number;
  /** What is active in the scope before, and after. */
  readonly from: number;
  readonly to: number;
  readonly changes: readonly Pick<StagedVersion, 'version' | 'stage' | 'canary'>[];
  readonly waived?: NonNullable<Publication['waived']>;
}

/** Versions in shadow of one rule set at most: each is evaluated for every payment. */
const MAX_SHADOWS = 3;

/**
 * What each step makes of the standings, whether evidence allows it or not. Pure. Throws TollgateError NOT_STAGED, STAGED
 * or NOTHING_TO_ROLL_BACK where a step makes no sense.
 */
export function stepsOf({ ruleSet, stages }: Standings, scope: Scope) {
  const here = stages.filter((staged) => staged.scope === scope);
  const standing = (stage: StagedVersion['stage']): StagedVersion | undefined =>
    here.find((staged) => staged.stage === stage);
  const [live, tried] = [standing('active'), standing('canary')];
  const [active, canary] = [live?.version ?? 0, tried?.version ?? 0];
  const where = scopeText(scope);
  const archive = (...versions: readonly number[]): Move['changes'] =>
    versions.filter((version) => version !== 0).map((version) => ({ version, stage: 'archived' }));
  const stands = (version: number, stage: StagedVersion['stage']): boolean =>
    here.some((staged) => staged.version === version && staged.stage === stage);

  return {
    /** The version that a roll-back takes back; undefined: none. */
    wentLiveLast: tried ?? live,

    /** undefined: it is active already, alone. */
    activate(version: number): Move | undefined {
      if (active === version && canary === 0) return undefined;
      const leaving = [active, canary].filter((other) => other !== version);
      const changes = [...archive(...leaving), { version, stage: 'active' } as const];
      return { step: 'activate', version, from: active, to: version, changes };
    },

    /** `log`: what changed the active version of the scope, newest first. */
    async rollBack(log: AsyncIterable<Publication>): Promise<Move> {
      const to = (await versionBefore(active, log)) ?? 0;
      // Else what holds around the scope takes its place.
      if (to === 0 && (scope === 'all' || active === 0))
        throw new TollgateError(
          'NOTHING_TO_ROLL_BACK',
          `rule set ${ruleSet} had no version active at ${where} before${active === 0 ? '' : "; 'deactivate' takes it out of service"}`,
        );
      const changes =
        to === 0 ? archive(active) : [...archive(active), { version: to, stage: 'active' } as const];
      return { step: 'roll-back', version: active, from: active, to, changes };
    },

    /** undefined: nothing is active. `log`: what changed the active version of the scope. */
    async deactivate(log: AsyncIterable<Publication>): Promise<Move | undefined> {
      if (active === 0 && canary === 0) {
        for await (const _ of log) return undefined;
        throw new TollgateError('NOT_STAGED', `rule set ${ruleSet} has no active version at ${where}`);
      }
      return { step: 'deactivate', version: active, from: active, to: 0, changes: archive(active, canary) };
    },

    startShadow(version: number): Move | undefined {
      if (stands(version, 'shadow')) return undefined;
      if (version === active || version === canary)
        throw new TollgateError(
          'STAGED',
          `version ${version} of ${ruleSet} is ${version === active ? 'active' : 'in canary'} at ${where} already`,
        );
      if (stages.filter(({ stage }) => stage === 'shadow').length >= MAX_SHADOWS)
        throw new TollgateError(
          'STAGED',
          `${MAX_SHADOWS} versions of ${ruleSet} are in shadow already: stop one`,
        );
      return {
        step: 'start-shadow',
        version,
        from: active,
        to: active,
        changes: [{ version, stage: 'shadow' }],
      };
    },

    /** undefined: it stands there no more. */
    stopShadow(version: number): Move | undefined {
      if (stands(version, 'archived')) return undefined;
      if (!stands(version, 'shadow'))
        throw new TollgateError(
          'NOT_STAGED',
          `version ${version} of ${ruleSet} is not in shadow at ${where}`,
        );
      return { step: 'stop-shadow', version, from: active, to: active, changes: archive(version) };
    },

    /** undefined: it is in canary with these settings already. */
    startCanary(version: number, settings: CanarySettings): Move | undefined {
      if (version === active)
        throw new TollgateError('STAGED', `version ${version} of ${ruleSet} is active at ${where} already`);
      if (canary !== 0 && canary !== version)
        throw new TollgateError(
          'STAGED',
          `version ${canary} of ${ruleSet} is in canary at ${where}: stop it or roll it back first`,
        );
      if (canary === version && isDeepStrictEqual(tried?.canary, settings)) return undefined;
      const changes = [{ version, stage: 'canary', canary: settings } as const];
      return { step: 'start-canary', version, from: active, to: active, changes };
    },

    /** undefined: there is none any more. `log`: what was published in the scope. */
    async stopCanary(log: AsyncIterable<Publication>): Promise<Move | undefined> {
      if (canary !== 0) return this.endCanary('stop-canary');
      for await (const { step } of log) if (step === 'start-canary') return undefined;
      throw new TollgateError('NOT_STAGED', `no version of ${ruleSet} was ever in canary at ${where}`);
    },

    /** Ends the canary, or, where `since` is given, the one that this revision began; undefined: there is none. */
    endCanary(step: 'roll-back' | 'stop-canary', since?: number): Move | undefined {
      if (tried === undefined || (since !== undefined && tried.since !== since)) return undefined;
      return { step, version: canary, from: active, to: active, changes: archive(canary) };
    },
  };
}
