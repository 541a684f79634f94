import type {
  CreateSnoozeRequest,
  EndSnoozeRequest,
  ListSnoozesRequest,
  SnoozedPayer,
} from '../../../gen/tollgate/v1/snooze_service_pb.js';
import { PayerAttribute, PayerAttributeSchema } from '../../../gen/tollgate/v1/snooze_service_pb.js';
import { Problems } from './problems.js';
import { anyId, opaqueId, requiredText, slug } from './text.js';
import { email, enumValue, ip, page, phone, timestamp } from './values.js';
import { scope } from './publishing.js';

/** A snooze to make; its times are checked against the clock elsewhere. */
export function checkCreateSnooze(request: CreateSnoozeRequest): void {
  const problems = new Problems();
  slug(problems, '', 'rule_set', request.ruleSet);
  if (request.rule !== '') slug(problems, '', 'rule', request.rule);
  else if (request.payer === undefined)
    problems.add('rule', 'is required where no payer is named: nobody snoozes a whole set for everybody');
  scope(problems, 'scope', request.scope);
  payer(problems, request.payer);
  timestamp(problems, '', 'from', request.from);
  if (request.until === undefined) problems.add('until', 'is required: a snooze must end');
  timestamp(problems, '', 'until', request.until);
  requiredText(problems, '', 'reason', request.reason, 500);
  requiredText(problems, '', 'actor', request.actor, 128);
  problems.throwIfAny();
}

/** The end of a snooze. */
export function checkEndSnooze(request: EndSnoozeRequest): void {
  const problems = new Problems();
  if (request.id === '') problems.add('id', 'is required');
  opaqueId(problems, '', 'id', request.id, 64);
  requiredText(problems, '', 'reason', request.reason, 500);
  requiredText(problems, '', 'actor', request.actor, 128);
  problems.throwIfAny();
}

/** A page of snoozes. */
export function checkListSnoozes(request: ListSnoozesRequest): void {
  const problems = new Problems();
  page(problems, '', request.pageSize, request.pageToken);
  if (request.ruleSet !== '') slug(problems, '', 'rule_set', request.ruleSet);
  if (request.rule !== '') slug(problems, '', 'rule', request.rule);
  payer(problems, request.payer);
  problems.throwIfAny();
}

function payer(problems: Problems, named: SnoozedPayer | undefined): void {
  if (named === undefined) return;
  const { attribute, value } = named;
  const at = 'payer.';
  enumValue(problems, at, 'attribute', attribute, PayerAttributeSchema, true);
  if (value === '') problems.add(`${at}value`, 'is required');
  else if (attribute === PayerAttribute.EMAIL) email(problems, at, 'value', value);
  else if (attribute === PayerAttribute.IP) ip(problems, at, 'value', value);
  else if (attribute === PayerAttribute.PHONE) phone(problems, at, 'value', value);
  else if (attribute === PayerAttribute.CUSTOMER) anyId(problems, at, 'value', value, 128);
  else opaqueId(problems, at, 'value', value, 256);
}
