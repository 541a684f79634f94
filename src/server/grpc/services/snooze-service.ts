import { create } from '@bufbuild/protobuf';
import type { SnoozeService } from '../../../gen/tollgate/v1/snooze_service_pb.js';
import {
  CreateSnoozeResponseSchema,
  EndSnoozeResponseSchema,
  ListSnoozesRequestSchema,
  ListSnoozesResponseSchema,
} from '../../../gen/tollgate/v1/snooze_service_pb.js';
import { readScope } from '../../../rules/publish/scope.js';
import { fromPayer, toSnooze } from '../convert/snooze.js';
import { toOptionalMs } from '../convert/time.js';
import type { Handlers } from '../handlers.js';
import { checkCreateSnooze, checkEndSnooze, checkListSnoozes } from '../validate/snooze.js';
import { actorOf } from './acting.js';
import { pageOf } from './page-query.js';
import type { Snoozes } from './ports.js';
import { isTold } from './site-scope.js';

/** The handlers of SnoozeService. */
export function snoozeHandlers(snoozes: Snoozes): Handlers<typeof SnoozeService> {
  return {
    async createSnooze(request, context) {
      request.actor = actorOf(context, request.actor);
      checkCreateSnooze(request);
      const { ruleSet, rule, reason, actor, lasts } = request;
      const { snooze, heardStill } = await snoozes.create({
        ruleSet,
        rule,
        scope: readScope(request.scope) ?? 'all',
        payer: fromPayer(request.payer),
        from: toOptionalMs(request.from),
        until:
          lasts === undefined
            ? (toOptionalMs(request.until) ?? 0)
            : { lastsMs: Number(lasts.seconds) * 1000 },
        reason,
        actor,
      });
      return create(CreateSnoozeResponseSchema, { snooze: toSnooze(snooze), heardStill: [...heardStill] });
    },
    async endSnooze(request, context) {
      request.actor = actorOf(context, request.actor);
      checkEndSnooze(request);
      const { id, actor, reason } = request;
      return create(EndSnoozeResponseSchema, { snooze: toSnooze(await snoozes.end(id, { actor, reason })) });
    },
    async listSnoozes(request, context) {
      checkListSnoozes(request);
      const page = pageOf(ListSnoozesRequestSchema, request);
      const { ruleSet, rule, over } = request;
      const query = { ruleSet, rule, payer: fromPayer(request.payer), over };
      const { items, next } = await snoozes.list(query, page.query);
      return create(ListSnoozesResponseSchema, {
        snoozes: items.filter(({ scope }) => isTold(context, scope)).map(toSnooze),
        nextPageToken: page.tokenOf(next),
      });
    },
  };
}
