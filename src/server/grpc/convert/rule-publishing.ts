import { create } from '@bufbuild/protobuf';
import type {
  CasesResult as WireCases,
  OwedEvidence,
  RuleDraft,
  RuleEvidence,
  RuleProof,
  StagedVersion as WireStaged,
  Waivable as WireWaivable,
} from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import {
  CasesResultSchema,
  EvidenceKind as WireKind,
  OwedEvidenceSchema,
  RuleDraftSchema,
  RuleEvidenceSchema,
  RuleProofSchema,
  RuleStage,
  StagedVersionSchema,
} from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import type { CasesResult, Evidence, EvidenceKind, Waivable } from '../../../rules/publish/evidence.js';
import type { Owed, Proof } from '../../../rules/publish/proving.js';
import type { Stage, StagedVersion } from '../../../rules/publish/stage.js';
import type { Draft } from '../../../rules/version-store.js';
import { toEtag } from '../services/page-query.js';
import { toCanary } from './canary.js';
import { toWaiver, WAIVABLE } from './publication.js';
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
  const { kind, actor, at, comment, development = false } = evidence;
  return create(RuleEvidenceSchema, {
    kind: KIND[kind],
    actor,
    at: fromMs(at),
    comment,
    development,
    ...(evidence.kind === 'cases' ? { cases: toCases(evidence) } : {}),
    waives: evidence.kind === 'waiver' ? evidence.waives.map((what) => WAIVABLE[what]) : [],
  });
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
