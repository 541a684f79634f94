import { Role, RoleSchema } from '../../../gen/tollgate/v1/access_pb.js';
import type { CreateKeyRequest, RevokeKeyRequest } from '../../../gen/tollgate/v1/key_service_pb.js';
import { isSubject } from '../../../identity/subject.js';
import { isOwnName, OWN_NAME } from './own-names.js';
import { Problems } from './problems.js';
import { freeText, isCardNumber, requiredText, siteId } from './text.js';
import { enumValue, timestamp } from './values.js';

const NAME = /^[A-Za-z0-9._@-]{1,64}$/;
const ID = /^[0-9a-z]{16}$/;

/** A key to make. */
export function checkCreateKey(request: CreateKeyRequest): void {
  const problems = new Problems();
  if (!NAME.test(request.name)) problems.add('name', 'not 1 to 64 of [A-Za-z0-9._@-]');
  else if (isCardNumber(request.name)) problems.add('name', 'looks like a card number');
  else if (isOwnName(request.name)) problems.add('name', OWN_NAME);
  if (request.roles.length === 0)
    problems.add('roles', 'is required: author, approver, operator, viewer or site');
  for (const [index, role] of request.roles.entries())
    enumValue(problems, '', `roles[${index}]`, role, RoleSchema, true);
  for (const [index, site] of request.sites.entries()) siteId(problems, '', `sites[${index}]`, site);
  if (request.roles.includes(Role.SITE) && request.sites.length === 0)
    problems.add('sites', 'is required for the role site');
  timestamp(problems, '', 'expires_at', request.expiresAt);
  if (request.certificateSubject !== '' && !isSubject(request.certificateSubject))
    problems.add(
      'certificate_subject',
      'not URI:…, DNS:… or CN:… with at most 250 printable ASCII characters',
    );
  requiredText(problems, '', 'actor', request.actor, 128);
  problems.throwIfAny();
}

/** Which key to revoke. */
export function checkRevokeKey(request: RevokeKeyRequest): void {
  const problems = new Problems();
  if (!ID.test(request.id)) problems.add('id', 'not the id of a key: 16 of [0-9a-z]');
  freeText(problems, '', 'reason', request.reason, 500);
  requiredText(problems, '', 'actor', request.actor, 128);
  problems.throwIfAny();
}
