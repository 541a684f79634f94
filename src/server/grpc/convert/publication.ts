import { create } from '@bufbuild/protobuf';
import type { Publication as WirePublication, Waiver } from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import {
  PublicationSchema,
  Waivable as WireWaivable,
  WaiverSchema,
} from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import type { Readiness, Waivable } from '../../../rules/publish/evidence.js';
import type { Publication } from '../../../rules/version-store.js';
import { fromMs } from './time.js';

/** What may be waived, on the wire. */
export const WAIVABLE: Readonly<Record<Waivable, WireWaivable>> = {
  cases: WireWaivable.CASES,
  backtest: WireWaivable.BACKTEST,
  approval: WireWaivable.APPROVAL,
};

/** What a version goes live without, and on whose word. */
export function toWaiver({ what, actor, reason }: Readiness['waived'][number]): Waiver {
  return create(WaiverSchema, { what: WAIVABLE[what], actor, reason });
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
