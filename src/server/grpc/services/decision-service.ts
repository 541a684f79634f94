import { create } from '@bufbuild/protobuf';
import type { DecisionRef, Decisions } from '../../../decisions/decisions.js';
import type {
  DecisionService,
  ListDecisionsRequest,
  ScreenRequest,
} from '../../../gen/tollgate/v1/decision_service_pb.js';
import {
  ListDecisionsRequestSchema,
  ListDecisionsResponseSchema,
} from '../../../gen/tollgate/v1/decision_service_pb.js';
import type { PageQuery } from '../../../paging/paging.js';
import type { Handlers } from '../handlers.js';
import { toDecision, toScreenResponse } from '../convert/decision.js';
import type { Read } from '../codec.js';
import { decodeEntries, readKeptScreen } from '../convert/entries.js';
import { toExplainResponse } from '../convert/explained.js';
import { toGetDecisionResponse, toReplayResponse } from '../convert/explanation.js';
import { toOptionalMs } from '../convert/time.js';
import { toOutcome } from '../convert/vocabulary.js';
import type { ErrorReporter } from '../to-status.js';
import { checkExplain, checkListDecisions, checkReference } from '../validate/decision.js';
import { ordered } from './ordered.js';
import { pageOf } from './page-query.js';
import type { EntryOptions } from './stream-entries.js';
import { toScreenInput } from './screen-input.js';
import { answerEntries } from './stream-entries.js';

/** Near misses that are told unless asked for more. */
const NEAR_MISSES = 10;

/** The handlers of DecisionService. */
export function decisionHandlers(
  decisions: Decisions,
  reporter: ErrorReporter,
  options: EntryOptions,
): Handlers<typeof DecisionService> {
  return {
    screen: {
      decode: readKeptScreen,
      async handle({ message, raw }: Read<ScreenRequest>, context) {
        return toScreenResponse(await decisions.screen(toScreenInput(message, raw), context));
      },
    },
    screenStream: {
      decode: decodeEntries,
      async *handle(messages, context) {
        const answer = answerEntries(decisions, reporter, context);
        for await (const results of ordered(messages, options.maxInFlight, answer)) {
          yield { $typeName: 'tollgate.v1.ScreenStreamResponse', results };
        }
      },
    },
    async getDecision(request) {
      return toGetDecisionResponse(await decisions.get(toRef(request)), request.withTrace);
    },
    async listDecisions(request) {
      checkListDecisions(request);
      const page = pageOf(ListDecisionsRequestSchema, request);
      const { records, next } = await decisions.list(toQuery(request, page.query));
      return create(ListDecisionsResponseSchema, {
        decisions: records.map(toDecision),
        nextPageToken: page.tokenOf(next),
      });
    },
    async explainDecision(request, context) {
      const ref = toRef(request);
      checkExplain(request);
      const { allRules, maxNearMisses } = request;
      const nearMisses = maxNearMisses === 0 ? NEAR_MISSES : maxNearMisses;
      return toExplainResponse(await decisions.explain(ref, { allRules, nearMisses }, context));
    },
    async replayDecision(request, context) {
      return toReplayResponse(await decisions.replay(toRef(request), context));
    },
  };
}

function toRef(request: {
  readonly id: string;
  readonly site: string;
  readonly requestId: string;
}): DecisionRef {
  checkReference(request);
  return request.id === '' ? { site: request.site, requestId: request.requestId } : { id: request.id };
}

function toQuery(
  request: ListDecisionsRequest,
  { size, token }: PageQuery,
): Parameters<Decisions['list']>[0] {
  return {
    pageSize: size,
    pageToken: token,
    site: request.site,
    outcomes: request.outcomes.map(toOutcome).filter((outcome) => outcome !== undefined),
    from: toOptionalMs(request.from),
    to: toOptionalMs(request.to),
    customerId: request.customerId,
    cardFingerprint: request.cardFingerprint,
    orderId: request.orderId,
    email: request.email,
    ip: request.ip,
    merchant: request.merchant,
    deviceId: request.deviceId,
    rule: request.rule,
    degraded: request.degraded,
  };
}
