import { create } from '@bufbuild/protobuf';
import type {
  Snooze as WireSnooze,
  SnoozedPayer as WirePayer,
} from '../../../gen/tollgate/v1/snooze_service_pb.js';
import {
  PayerAttribute as WireAttribute,
  SnoozedPayerSchema,
  SnoozeSchema,
} from '../../../gen/tollgate/v1/snooze_service_pb.js';
import type { NamedPayer } from '../../../rules/exceptions/snooze-service.js';
import type { PayerAttribute, SnoozedPayer, SnoozeInfo } from '../../../rules/exceptions/snooze.js';
import { fromMs } from './time.js';

const ATTRIBUTE: Readonly<Record<PayerAttribute, WireAttribute>> = {
  card: WireAttribute.CARD,
  customer: WireAttribute.CUSTOMER,
  email: WireAttribute.EMAIL,
  device: WireAttribute.DEVICE,
  ip: WireAttribute.IP,
  phone: WireAttribute.PHONE,
};

/** A checked payer. */
export function fromPayer(payer: WirePayer | undefined): NamedPayer | undefined {
  if (payer === undefined) return undefined;
  const names = Object.keys(ATTRIBUTE) as PayerAttribute[];
  const attribute = names.find((name) => ATTRIBUTE[name] === payer.attribute) ?? 'card';
  return { attribute, value: payer.value };
}

/** A snooze, without what its payer could be told by. */
export function toSnooze(info: SnoozeInfo): WireSnooze {
  const { id, ruleSet, rule, scope, payer, from, until, reason, actor, at, ended } = info;
  return create(SnoozeSchema, {
    id,
    ruleSet,
    rule,
    scope,
    ...(payer === undefined ? {} : { payer: toPayer(payer) }),
    from: fromMs(from),
    until: fromMs(until),
    reason,
    actor,
    createdAt: fromMs(at),
    ...(ended === undefined
      ? {}
      : { endedAt: fromMs(ended.at), endedBy: ended.actor, endReason: ended.reason }),
  });
}

function toPayer({ attribute, shown }: SnoozedPayer): WirePayer {
  return create(SnoozedPayerSchema, { attribute: ATTRIBUTE[attribute], value: shown });
}
