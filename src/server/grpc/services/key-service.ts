import { create } from '@bufbuild/protobuf';
import type { KeyService } from '../../../gen/tollgate/v1/key_service_pb.js';
import {
  CreateKeyResponseSchema,
  ListKeysRequestSchema,
  ListKeysResponseSchema,
  RevokeKeyResponseSchema,
} from '../../../gen/tollgate/v1/key_service_pb.js';
import { fromRole } from '../access.js';
import { toKey, toWhoAmI } from '../convert/key.js';
import { toOptionalMs } from '../convert/time.js';
import type { Handlers } from '../handlers.js';
import { checkCreateKey, checkRevokeKey } from '../validate/key.js';
import { checkPage } from '../validate/page.js';
import { actorOf } from './acting.js';
import { pageOf } from './page-query.js';
import type { Keys } from './ports.js';

/** The handlers of KeyService. */
export function keyHandlers(keys: Keys): Handlers<typeof KeyService> {
  return {
    async createKey(request, context) {
      request.actor = actorOf(context, request.actor);
      checkCreateKey(request);
      const roles = request.roles.map(fromRole).filter((role) => role !== undefined);
      const { credential, key } = await keys.create({
        name: request.name,
        roles: [...new Set(roles)],
        sites: [...new Set(request.sites)],
        subject: request.certificateSubject,
        expiresAt: toOptionalMs(request.expiresAt),
        by: request.actor,
      });
      return create(CreateKeyResponseSchema, { key: toKey(credential), secret: key });
    },
    async listKeys(request) {
      checkPage(request);
      const page = pageOf(ListKeysRequestSchema, request);
      const { items, next } = await keys.list(page.query, request.withEnded);
      return create(ListKeysResponseSchema, { keys: items.map(toKey), nextPageToken: page.tokenOf(next) });
    },
    async revokeKey(request, context) {
      request.actor = actorOf(context, request.actor);
      checkRevokeKey(request);
      const revoked = await keys.revoke(request.id, request.actor, request.reason);
      return create(RevokeKeyResponseSchema, { key: toKey(revoked) });
    },
    whoAmI: (_request, { identity }) => toWhoAmI(identity),
  };
}
