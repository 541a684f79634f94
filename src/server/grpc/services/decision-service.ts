import { create } from '@bufbuild/protobuf';
import type { DecisionRef, Decisions } from '../../../decisions/decisions.js';
import type { ListDecisionsRequest, ScreenRequest } from '../../../gen/tollgate/v1/decision_service_pb.js';
import {
  DecisionService,
  ListDecisionsRequestSchema,
  ListDecisionsResponseSchema,
} from '../../../gen/tollgate/v1/decision_service_pb.js';
import type { Identity } from '../../../identity/identity.js';
import { forbidden, mustCover } from '../../../identity/permission.js';
import type { PageQuery } from '../../../paging/paging.js';
import { accessOf } from '../access.js';
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
import { listedSite } from './site-scope.js';
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
        const input = toScreenInput(message, raw);
        mustCover(context.identity, input.payment.site);
        return toScreenResponse(await decisions.screen(input, context));
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
    async getDecision(request, context) {
      const ref = toRef(request);
      if (request.withTrace) mustReadTraces(context.identity);
      return toGetDecisionResponse(await decisions.get(ref, context), request.withTrace);
    },
    async listDecisions(request, context) {
      checkListDecisions(request);
      request.site = listedSite(context, request.site);
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

/** A trace tells what rules look at and, counted over all sites, what they saw: no shop needs that to go on. */
function mustReadTraces(identity: Identity): void {
  const needed = { what: 'with_trace', roles: accessOf(EXPLAIN).roles, allSites: false };
  const error = forbidden(identity, needed);
  if (error !== undefined) throw error;
}

const EXPLAIN = DecisionService.method.explainDecision;

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
