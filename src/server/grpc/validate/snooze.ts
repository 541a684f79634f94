import type {
  CreateSnoozeRequest,
  EndSnoozeRequest,
  ListSnoozesRequest,
  SnoozedPayer,
} from '../../../gen/tollgate/v1/snooze_service_pb.js';
import { PayerAttribute, PayerAttributeSchema } from '../../../gen/tollgate/v1/snooze_service_pb.js';
import { LONGEST_SNOOZE_MS } from '../../../rules/exceptions/snooze.js';
import { Problems } from './problems.js';
import { anyId, opaqueId, requiredText, slug } from './text.js';
import { email, enumValue, ip, page, phone, timestamp } from './values.js';
import { scope } from './publishing.js';

const LONGEST_S = BigInt(LONGEST_SNOOZE_MS / 1000);

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
  end(problems, request);
  requiredText(problems, '', 'reason', request.reason, 500);
  requiredText(problems, '', 'actor', request.actor, 128);
  problems.throwIfAny();
}

function end(problems: Problems, { until, lasts }: CreateSnoozeRequest): void {
  timestamp(problems, '', 'until', until);
  if (lasts === undefined) {
    if (until === undefined) problems.add('until', 'is required where there is no lasts: a snooze must end');
  } else if (until !== undefined) problems.add('until', 'is given beside lasts: one of them says the end');
  else if (lasts.nanos !== 0 || lasts.seconds < 1n || lasts.seconds > LONGEST_S)
    problems.add('lasts', 'not whole seconds, 31 days at most');
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
