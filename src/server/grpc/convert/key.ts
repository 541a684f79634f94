import { create } from '@bufbuild/protobuf';
import { Role as WireRole } from '../../../gen/tollgate/v1/access_pb.js';
import type { Key, WhoAmIResponse } from '../../../gen/tollgate/v1/key_service_pb.js';
import { KeyKind, KeySchema, WhoAmIResponseSchema } from '../../../gen/tollgate/v1/key_service_pb.js';
import type { Identity, IdentityKind } from '../../../identity/identity.js';
import type { KeyInfo } from '../../../identity/key-service.js';
import type { Role } from '../../../identity/roles.js';
import { fromMs } from './time.js';

const KIND: Readonly<Record<IdentityKind, KeyKind>> = {
  key: KeyKind.API_KEY,
  certificate: KeyKind.CERTIFICATE,
  development: KeyKind.DEVELOPMENT,
};

const ROLE: Readonly<Record<Role, WireRole>> = {
  author: WireRole.AUTHOR,
  approver: WireRole.APPROVER,
  operator: WireRole.OPERATOR,
  viewer: WireRole.VIEWER,
  site: WireRole.SITE,
};

/** A key as lists show it. */
export function toKey(info: KeyInfo): Key {
  const { revoked } = info;
  return create(KeySchema, {
    id: info.id,
    kind: KIND[info.kind],
    name: info.name,
    roles: info.roles.map((role) => ROLE[role]),
    sites: [...info.sites],
    certificateSubject: info.subject,
    createdAt: fromMs(info.createdAt),
    createdBy: info.createdBy,
    ...(info.expiresAt === undefined ? {} : { expiresAt: fromMs(info.expiresAt) }),
    ...(info.lastUsedAt === undefined ? {} : { lastUsedAt: fromMs(info.lastUsedAt) }),
    ...(revoked === undefined
      ? {}
      : { revokedAt: fromMs(revoked.at), revokedBy: revoked.by, revokeReason: revoked.reason }),
  });
}

/** Whom a caller is taken for. */
export function toWhoAmI(identity: Identity): WhoAmIResponse {
  return create(WhoAmIResponseSchema, {
    name: identity.name,
    roles: identity.roles.map((role) => ROLE[role]),
    sites: identity.sites === 'all' ? [] : [...identity.sites],
    kind: KIND[identity.kind],
    keyId: identity.keyId,
    ...(identity.expiresAt === undefined ? {} : { expiresAt: fromMs(identity.expiresAt) }),
  });
}
