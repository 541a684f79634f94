import { create } from '@bufbuild/protobuf';
import { durationFromMs } from '@bufbuild/protobuf/wkt';
import type {
  CanarySettings as WireCanary,
  CasesResult as WireCases,
  OwedEvidence,
  Publication as WirePublication,
  RuleDraft,
  RuleEvidence,
  RuleProof,
  StagedVersion as WireStaged,
  Waiver,
} from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import {
  CanarySettingsSchema,
  CasesResultSchema,
  DrawBy,
  EvidenceKind as WireKind,
  OwedEvidenceSchema,
  PublicationSchema,
  RuleDraftSchema,
  RuleEvidenceSchema,
  RuleProofSchema,
  RuleStage,
  StagedVersionSchema,
  Waivable as WireWaivable,
  WaiverSchema,
} from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import type {
  CasesResult,
  Evidence,
  EvidenceKind,
  Readiness,
  Waivable,
} from '../../../rules/publish/evidence.js';
import type { Owed, Proof } from '../../../rules/publish/proving.js';
import {
  DEFAULT_GUARDRAILS,
  type CanarySettings,
  type Stage,
  type StagedVersion,
} from '../../../rules/publish/stage.js';
import type { Draft, Publication } from '../../../rules/version-store.js';
import { toEtag } from '../services/page-query.js';
import { fromMs } from './time.js';

const STAGE: Readonly<Record<Stage, RuleStage>> = {
  shadow: RuleStage.SHADOW,
  canary: RuleStage.CANARY,
  active: RuleStage.ACTIVE,
  archived: RuleStage.ARCHIVED,
};

const KIND: Readonly<Record<EvidenceKind, WireKind>> = {
  cases: WireKind.CASES,
  backtest: WireKind.BACKTEST,
  approval: WireKind.APPROVAL,
  withdrawal: WireKind.WITHDRAWAL,
  waiver: WireKind.WAIVER,
};

const WAIVABLE: Readonly<Record<Waivable, WireWaivable>> = {
  cases: WireWaivable.CASES,
  backtest: WireWaivable.BACKTEST,
  approval: WireWaivable.APPROVAL,
};

/** How long a lot of a canary lasts where nothing is said, ms. */
const LOT_MS = 30 * 86_400_000;

/** What may be waived, of checked values. */
export function fromWaivables(waives: readonly WireWaivable[]): readonly Waivable[] {
  return (Object.keys(WAIVABLE) as Waivable[]).filter((what) => waives.includes(WAIVABLE[what]));
}

/** A version in a scope. */
export function toStaged({ version, stage, scope, since, sinceAt, canary }: StagedVersion): WireStaged {
  return create(StagedVersionSchema, {
    version,
    stage: STAGE[stage],
    scope,
    since: fromMs(sinceAt),
    revision: BigInt(since),
    ...(canary === undefined ? {} : { canary: toCanary(canary) }),
  });
}

function toCanary({ share, by, periodMs, guardrails }: CanarySettings): WireCanary {
  const { stopped = 0, reviewed = 0, threeDs = 0, latency = 0, minimum, alpha } = guardrails;
  return create(CanarySettingsSchema, {
    share,
    by: by === 'card' ? DrawBy.CARD : DrawBy.CUSTOMER,
    period: durationFromMs(periodMs),
    guardrails: { stopped, reviewed, threeDs, latency, minimum, alpha },
  });
}

/** Checked settings of a canary; what is left out is as the API says. */
export function fromCanary({ share, by, period, guardrails }: WireCanary): CanarySettings {
  const { minimum, alpha } = DEFAULT_GUARDRAILS;
  const set = (value: number | undefined): number | undefined => (value === 0 ? undefined : value);
  const limit = (name: 'stopped' | 'reviewed' | 'threeDs' | 'latency'): object =>
    set(guardrails?.[name]) === undefined ? {} : { [name]: guardrails?.[name] };
  return {
    share,
    by: by === DrawBy.CUSTOMER ? 'customer' : 'card',
    periodMs: period === undefined ? LOT_MS : Number(period.seconds) * 1000,
    guardrails:
      guardrails === undefined
        ? DEFAULT_GUARDRAILS
        : {
            ...limit('stopped'),
            ...limit('reviewed'),
            ...limit('threeDs'),
            ...limit('latency'),
            minimum: set(guardrails.minimum) ?? minimum,
            alpha: set(guardrails.alpha) ?? alpha,
          },
  };
}

/** How golden cases ended. */
export function toCases({ casesHash, passed, failed, failures }: CasesResult): WireCases {
  return create(CasesResultSchema, { casesHash, passed, failed, failures: [...failures] });
}

/** Whether a version may go live, and what speaks for it. */
export function toProof({ evidence, readiness }: Proof): RuleProof {
  const { missing, waived } = readiness;
  return create(RuleProofSchema, {
    ready: missing.length === 0,
    missing: [...missing],
    waived: waived.map(toWaiver),
    evidence: evidence.map(toEvidence),
  });
}

function toEvidence(evidence: Evidence): RuleEvidence {
  const { kind, actor, at, comment } = evidence;
  return create(RuleEvidenceSchema, {
    kind: KIND[kind],
    actor,
    at: fromMs(at),
    comment,
    ...(evidence.kind === 'cases' ? { cases: toCases(evidence) } : {}),
    waives: evidence.kind === 'waiver' ? evidence.waives.map((what) => WAIVABLE[what]) : [],
  });
}

function toWaiver({ what, actor, reason }: Readiness['waived'][number]): Waiver {
  return create(WaiverSchema, { what: WAIVABLE[what], actor, reason });
}

/** What is live without all its evidence. */
export function toOwed({ staged, owed, waivers }: Owed): OwedEvidence {
  return create(OwedEvidenceSchema, {
    ruleSet: staged.ruleSet,
    staged: toStaged(staged),
    owed: owed.map((what) => WAIVABLE[what]),
    waivers: waivers.map(toWaiver),
  });
}

/** One step of the publication log. */
export function toPublication(publication: Publication): WirePublication {
  const { ruleSet, revision, step, scope, version, from, to, actor, reason, at, waived = [] } = publication;
  return create(PublicationSchema, {
    ruleSet,
    revision: BigInt(revision),
    step,
    scope,
    version,
    fromVersion: from,
    toVersion: to,
    actor,
    reason,
    at: fromMs(at),
    waived: waived.map(toWaiver),
  });
}

/** A draft, with its texts or without. */
export function toDraft(draft: Draft, texts: boolean): RuleDraft {
  const { ruleSet, revision, document, cases, lists, comment, base, editors, createdAt, updatedAt } = draft;
  return create(RuleDraftSchema, {
    ruleSet,
    etag: toEtag(revision),
    ...(texts ? { documentJson: document, casesJson: cases, listsJson: lists } : {}),
    comment,
    baseVersion: base,
    editors: [...editors],
    createdAt: fromMs(createdAt),
    updatedAt: fromMs(updatedAt),
  });
}
