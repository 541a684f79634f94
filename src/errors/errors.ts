/** The gRPC statuses Tollgate answers with. */
export type StatusName =
  | 'INVALID_ARGUMENT'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED'
  | 'CANCELLED'
  | 'INTERNAL';

/** Every error a caller can meet: its stable code, status, and what it means. `docs/errors.md` is generated from this table. */
export const ERRORS = {
  INVALID_REQUEST: {
    status: 'INVALID_ARGUMENT',
    meaning: 'The request breaks the contract; the fields at fault are named, a list that is too long alone.',
  },
  RULE_SET_INVALID: {
    status: 'INVALID_ARGUMENT',
    meaning: 'The rule-set document has errors; each names rule, path and reason.',
  },
  NOT_AUTHENTICATED: {
    status: 'UNAUTHENTICATED',
    meaning: 'The call shows no key or certificate that is in force; which of these is wrong is not told.',
  },
  ROLE_REQUIRED: {
    status: 'PERMISSION_DENIED',
    meaning: 'The call needs a role that the caller does not have; both are named.',
  },
  SITE_NOT_PERMITTED: {
    status: 'PERMISSION_DENIED',
    meaning: 'The caller is bound to sites, and this is about another one or about all.',
  },
  REQUEST_ID_REUSED: {
    status: 'ALREADY_EXISTS',
    meaning: 'The request id was used in this site with other content.',
  },
  EVENT_ID_REUSED: {
    status: 'ALREADY_EXISTS',
    meaning:
      'The event id was used in this site with other content, or another payment has the request id of one from history.',
  },
  LIST_EXISTS: {
    status: 'ALREADY_EXISTS',
    meaning: 'A list with this id and other settings exists, or one with this id was deleted.',
  },
  SUBJECT_TAKEN: {
    status: 'ALREADY_EXISTS',
    meaning: 'The certificate subject stands for somebody already; revoke that first.',
  },
  TOO_MANY_KEYS: {
    status: 'FAILED_PRECONDITION',
    meaning: 'As many keys and certificates are in force as may be; revoke those that nobody uses.',
  },
  DECISION_NOT_FOUND: { status: 'NOT_FOUND', meaning: 'No such decision.' },
  RULE_SET_NOT_FOUND: { status: 'NOT_FOUND', meaning: 'No such rule set.' },
  VERSION_NOT_FOUND: { status: 'NOT_FOUND', meaning: 'The rule set has no such version.' },
  CANARY_NOT_FOUND: { status: 'NOT_FOUND', meaning: 'No such canary ran there.' },
  RULE_NOT_FOUND: { status: 'NOT_FOUND', meaning: 'No version that stands anywhere has such a rule.' },
  CONTROL_GROUP_NOT_FOUND: { status: 'NOT_FOUND', meaning: 'No control group runs there.' },
  SNOOZE_NOT_FOUND: { status: 'NOT_FOUND', meaning: 'No such snooze.' },
  DRAFT_NOT_FOUND: { status: 'NOT_FOUND', meaning: 'The rule set has no draft.' },
  LIST_NOT_FOUND: { status: 'NOT_FOUND', meaning: 'No such list, or it was deleted.' },
  SITE_NOT_FOUND: { status: 'NOT_FOUND', meaning: 'No such site.' },
  MERCHANT_NOT_FOUND: { status: 'NOT_FOUND', meaning: 'No such merchant.' },
  KEY_NOT_FOUND: { status: 'NOT_FOUND', meaning: 'No such key.' },
  SITE_UNKNOWN: {
    status: 'FAILED_PRECONDITION',
    meaning: 'The site is not configured and sites are strict.',
  },
  NOTHING_TO_ROLL_BACK: {
    status: 'FAILED_PRECONDITION',
    meaning:
      'The rule set had no version active before the present one, or had been taken out of service before that came.',
  },
  NOT_PROVEN: {
    status: 'FAILED_PRECONDITION',
    meaning: 'The version may not go live yet: what is missing of cases, backtest and approval is named.',
  },
  SECOND_PERSON_NEEDED: {
    status: 'FAILED_PRECONDITION',
    meaning: 'Who wrote the version cannot approve it.',
  },
  NOT_APPROVED: {
    status: 'FAILED_PRECONDITION',
    meaning: 'Who takes an approval back has given none, or has taken it back already.',
  },
  STAGED: {
    status: 'FAILED_PRECONDITION',
    meaning: 'The version, or another one, stands where it would be put.',
  },
  NOT_STAGED: { status: 'FAILED_PRECONDITION', meaning: 'No version stands there, or ever stood there.' },
  NOT_EXCEPTABLE: {
    status: 'FAILED_PRECONDITION',
    meaning:
      'The rule may not be excepted from: it reads a list that nothing may lift, or stops nothing by itself.',
  },
  SNOOZE_OVER: {
    status: 'FAILED_PRECONDITION',
    meaning: 'The snooze has ended already, by itself or by somebody.',
  },
  LIST_IN_USE: {
    status: 'FAILED_PRECONDITION',
    meaning:
      'Rules that are in force, or would be after a roll-back, read the list; they are named. Publish versions that do not, then delete it.',
  },
  STALE_ETAG: { status: 'ABORTED', meaning: 'Somebody else changed it meanwhile; read it again.' },
  LIST_BUSY: {
    status: 'ABORTED',
    meaning:
      'Another change of the list is under way, the end of an import for instance; nothing was changed, try again.',
  },
  OVERLOADED: {
    status: 'RESOURCE_EXHAUSTED',
    meaning: 'More calls are waiting than are accepted; try again later.',
  },
  LIMIT_REACHED: {
    status: 'RESOURCE_EXHAUSTED',
    meaning: 'As many are kept as may be: trying again is no use, the message says what is.',
  },
  STORE_UNAVAILABLE: {
    status: 'UNAVAILABLE',
    meaning:
      'The store cannot be reached; try again later: with the same id what was stored after all is found.',
  },
  SHUTTING_DOWN: {
    status: 'UNAVAILABLE',
    meaning: 'This instance is stopping; try again, another will answer.',
  },
  DEADLINE_EXCEEDED: { status: 'DEADLINE_EXCEEDED', meaning: 'The deadline passed before the answer.' },
  CANCELLED: { status: 'CANCELLED', meaning: 'The caller went away.' },
  INTERNAL: { status: 'INTERNAL', meaning: 'A bug; the log knows more under the given reference.' },
} as const satisfies Record<string, { status: StatusName; meaning: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** One field at fault. */
export interface FieldViolation {
  /** Path as in the proto, for example `payment.amount.currency`. */
  readonly field: string;
  readonly description: string;
}

/** An error that is safe to tell a caller. Anything else that is thrown is answered INTERNAL. */
export class TollgateError extends Error {
  override readonly name = 'TollgateError';
  readonly code: ErrorCode;
  readonly violations: readonly FieldViolation[];
  /** More for programs; never secrets or personal data. */
  readonly metadata: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    message: string,
    more: {
      readonly violations?: readonly FieldViolation[];
      readonly metadata?: Readonly<Record<string, string>>;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.violations = more.violations ?? [];
    this.metadata = more.metadata ?? {};
  }
}

/** INVALID_REQUEST that names every field at fault. */
export function invalidRequest(violations: readonly FieldViolation[]): TollgateError {
  const [first] = violations;
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  const text = first === undefined ? 'the request is wrong' : `${first.field}: ${first.description}${more}`;
  return new TollgateError('INVALID_REQUEST', text, { violations });
}
