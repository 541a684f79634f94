import { TollgateError } from '../../errors/errors.js';
import { armJson, armOf, addArm, createArm, type ArmCounts } from '../../rules/publish/arm-counts.js';
import { dueLook, judgeCanary } from '../../rules/publish/guardrails.js';
import type { RuleSets } from '../../rules/rule-sets.js';
import type { CanaryCounts, CountedRun } from './canary-counts.js';
import type { CanaryLook, CanaryRun, CanaryStore, StoredRun } from './canary-store.js';

/** Who rolls a canary back that has broken its limits, in the publication log. */
export const GUARDRAIL = 'guardrail';

/** After how long another instance does what the one that found the breach has not done, ms. */
const LEFT_UNDONE_MS = 5_000;
/**
 * What instances have counted is read back whenever there is news. Every start of one leaves a part of its own: beyond so
 * many parts reading waits so long for each more, ms, for it takes this thread about half a millisecond a part.
 */
const FEW_PARTS = 20;
const PART_MS = 20;

/** What guarding needs. */
export interface CanaryGuardOptions {
  readonly counts: CanaryCounts;
  readonly store: CanaryStore;
  readonly ruleSets: Pick<RuleSets, 'rollBack' | 'publications'>;
  /** Names this instance; another name after every start. */
  readonly instance: string;
  readonly now: () => number;
  /** Told when a canary was rolled back from here. */
  readonly rolledBack: (run: CanaryRun, why: string) => void;
}

/** Keeps what canaries decide, and takes back what breaks its limits. */
export interface CanaryGuard {
  /**
   * Keeps what was counted since, looks where a look is due, and rolls back what has broken a limit. To be called again
   * and again, one call after the other; rejects when something could not be done, which the next call tries again.
   */
  step(): Promise<void>;
  /** Keeps what was counted, before the instance stops. */
  keep(): Promise<void>;
}

/** How far a run has come here. */
interface Progress {
  begun: boolean;
  /** Decisions of what was kept, and the number of the part. */
  kept: number;
  part: number;
  /** Found here to be broken, and not rolled back yet. */
  breach: CanaryLook | undefined;
  /** When it was last read what all have counted and found, epoch ms. */
  readAt: number;
  /** How many parts that were. */
  parts: number;
}

/** Guards the canaries that are counted. Several instances may guard the same ones: each look is taken by one of them. */
export function createCanaryGuard(options: CanaryGuardOptions): CanaryGuard {
  const { counts, store, ruleSets, instance, now } = options;
  const progress = new WeakMap<CountedRun, Progress>();

  function progressOf(counted: CountedRun): Progress {
    let known = progress.get(counted);
    if (known === undefined) {
      known = { begun: false, kept: 0, part: 0, breach: undefined, readAt: now(), parts: 0 };
      progress.set(counted, known);
    }
    return known;
  }

  /** Whether there was anything new to keep. */
  async function keep(counted: CountedRun): Promise<boolean> {
    const { run, stable, canary, decisions, ended } = counted;
    const here = progressOf(counted);
    if (!here.begun) await store.begin(run);
    here.begun = true;
    const news = decisions > here.kept;
    if (news) {
      here.part += 1;
      const part = { instance, number: here.part, stable: armJson(stable), canary: armJson(canary) };
      await store.count(run, part);
      here.kept = decisions;
    } else if (ended) counts.forget(counted);
    return news;
  }

  async function look(counted: CountedRun): Promise<void> {
    const here = progressOf(counted);
    if (here.breach === undefined) {
      const found = await store.read(counted.run);
      here.readAt = now();
      if (found === undefined) return;
      here.parts = found.parts.length;
      here.breach = leftUndone(found) ?? (await lookAt(found));
    }
    if (here.breach === undefined) return;
    await rollBack(counted.run, here.breach);
    here.breach = undefined;
  }

  /** Also where nothing is decided here: whoever counted enough for a look, or found a breach, may be gone. */
  function mustLook(counted: CountedRun, news: boolean): boolean {
    const { breach, readAt, parts } = progressOf(counted);
    if (counted.ended) return false;
    if (breach !== undefined) return true;
    const rest = Math.min(LEFT_UNDONE_MS, Math.max(0, parts - FEW_PARTS) * PART_MS);
    return news ? readAt + rest <= now() : readAt + LEFT_UNDONE_MS < now();
  }

  /** A breach that its finder, which may be gone, has not acted on. */
  function leftUndone({ latest }: StoredRun): CanaryLook | undefined {
    const broken = latest?.judgement.state === 'breached' && latest.at + LEFT_UNDONE_MS < now();
    return broken ? latest : undefined;
  }

  /** Looks where a look is due and nobody else takes it; a breach, where it finds one. */
  async function lookAt({ run, latest, parts }: StoredRun): Promise<CanaryLook | undefined> {
    if (latest?.judgement.state === 'breached') return undefined;
    const { limits, plan } = run.settings;
    const { stable, canary } = armsOf(parts);
    const last = latest?.look ?? 0;
    const number = dueLook(stable, canary, last, plan);
    if (number === undefined) return undefined;
    const judgement = judgeCanary({ stable, canary, limits, look: number, plan });
    const taken: CanaryLook = { look: number, at: now(), judgement };
    if ((await store.look(run, taken, last)) === 'stale') return undefined;
    return judgement.state === 'breached' ? taken : undefined;
  }

  async function rollBack(run: CanaryRun, breach: CanaryLook): Promise<void> {
    const { ruleSet, scope, since } = run;
    const reason = reasonOf(breach);
    // Of a canary that somebody has ended meanwhile nothing is to be taken back, and this does nothing.
    const input = { ruleSet, scope, canary: since, actor: GUARDRAIL, reason, revision: undefined };
    await ruleSets.rollBack(input);
    const { items } = await ruleSets.publications(ruleSet, { size: 1, token: '' });
    const [newest] = items;
    if (newest?.actor === GUARDRAIL && newest.scope === scope && newest.version === run.version)
      options.rolledBack(run, reason);
  }

  async function forEach(work: (counted: CountedRun) => Promise<void>): Promise<void> {
    let problem: unknown;
    for (const counted of counts.runs) {
      try {
        await work(counted);
      } catch (error) {
        // Somebody published at the same moment: what stands now is seen at the next step.
        if (!(error instanceof TollgateError && error.code === 'STALE_ETAG')) problem ??= error;
      }
    }
    if (problem !== undefined) throw problem;
  }

  return {
    step: () =>
      forEach(async (counted) => {
        const news = await keep(counted);
        if (mustLook(counted, news)) await look(counted);
      }),
    keep: () => forEach(async (counted) => void (await keep(counted))),
  };
}

/** What all instances counted of a run together. */
export function armsOf(parts: StoredRun['parts']): {
  readonly stable: ArmCounts;
  readonly canary: ArmCounts;
} {
  const sum = { stable: createArm(), canary: createArm() };
  for (const part of parts) {
    addArm(sum.stable, armOf(part.stable));
    addArm(sum.canary, armOf(part.canary));
  }
  return sum;
}

/** Why a canary was rolled back, in words. */
function reasonOf({ look, judgement }: CanaryLook): string {
  const broken = judgement.findings.filter(({ state }) => state === 'breached').map(({ text }) => text);
  return `${broken.join('; ')} (look ${look})`;
}
