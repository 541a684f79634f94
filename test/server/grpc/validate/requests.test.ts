import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { describe, expect, test } from 'vitest';
import {
  ExplainDecisionRequestSchema,
  GetDecisionRequestSchema,
  ListDecisionsRequestSchema,
} from '../../../../src/gen/tollgate/v1/decision_service_pb.js';
import type { Outcome } from '../../../../src/gen/tollgate/v1/decision_service_pb.js';
import type { ListKind, ListType } from '../../../../src/gen/tollgate/v1/list_service_pb.js';
import {
  AddEntriesRequestSchema,
  CheckEntryRequestSchema,
  CreateListRequestSchema,
  ExportEntriesRequestSchema,
  ImportEntriesRequestSchema,
  ListEntriesRequestSchema,
  ListUsageRequestSchema,
  RemoveEntriesRequestSchema,
} from '../../../../src/gen/tollgate/v1/list_service_pb.js';
import {
  ActivateVersionRequestSchema,
  ApproveVersionRequestSchema,
  CommitDraftRequestSchema,
  CreateVersionRequestSchema,
  DiffVersionsRequestSchema,
  GetVersionRequestSchema,
  ListVersionsRequestSchema,
  PutDraftRequestSchema,
  RollBackRequestSchema,
  GetCanaryReportRequestSchema,
  StartCanaryRequestSchema,
  ValidateRuleSetRequestSchema,
  WaiveEvidenceRequestSchema,
} from '../../../../src/gen/tollgate/v1/rule_service_pb.js';
import {
  GetSiteRequestSchema,
  ListSitesRequestSchema,
  PutMerchantRequestSchema,
  PutSiteRequestSchema,
} from '../../../../src/gen/tollgate/v1/site_service_pb.js';
import type { FieldViolation } from '../../../../src/errors/errors.js';
import {
  checkExplain,
  checkListDecisions,
  checkReference,
} from '../../../../src/server/grpc/validate/decision.js';
import * as list from '../../../../src/server/grpc/validate/list.js';
import { checkListUsage } from '../../../../src/server/grpc/validate/list-keeping.js';
import { checkPage } from '../../../../src/server/grpc/validate/page.js';
import * as publishing from '../../../../src/server/grpc/validate/publishing.js';
import * as rule from '../../../../src/server/grpc/validate/rule.js';
import * as site from '../../../../src/server/grpc/validate/site.js';
import { violationsOf } from '../../support/violations.js';

/** Rows of a request that is changed from a right one, and what is then wrong. The first row is the right one. */
function table<D extends DescMessage>(
  name: string,
  schema: D,
  check: (request: MessageShape<D>) => readonly FieldViolation[] | void,
  right: MessageInitShape<D>,
  rows: readonly (readonly [what: string, change: MessageInitShape<D>, ...violations: string[]])[],
): void {
  describe(name, () => {
    const faults = (change: MessageInitShape<D>): readonly string[] =>
      violationsOf(() => check(create(schema, Object.assign({}, right, change) as MessageInitShape<D>)));
    test('is right', () => {
      expect(faults({} as MessageInitShape<D>)).toEqual([]);
    });
    for (const [what, change, ...violations] of rows) {
      test(what, () => {
        expect(faults(change)).toEqual(violations);
      });
    }
  });
}

const ID = '0123456789abcdefghjkmnpqrs';
const NOT_SLUG = 'not 1 to 64 of [a-z0-9-]';
const early = timestampFromMs(1000);
const late = timestampFromMs(2000);

table('GetDecision', GetDecisionRequestSchema, checkReference, { id: ID }, [
  ['by site and request', { id: '', site: 's', requestId: 'r' }],
  ['by nothing', { id: '' }, 'id: is required, or site and request_id'],
  ['by site alone', { id: '', site: 's' }, 'request_id: is required'],
  ['by request alone', { id: '', requestId: 'r' }, 'site: is required'],
  ['by both', { site: 's' }, 'site: contradicts id: give either id, or site and request_id'],
  ['by an id that is none of ours, and so not found', { id: 'nope' }],
  ['by too long an id', { id: 'x'.repeat(129) }, 'id: longer than 128 characters'],
]);

table('ExplainDecision', ExplainDecisionRequestSchema, checkExplain, { id: ID, maxNearMisses: 100 }, [
  ['as many near misses as usual', { maxNearMisses: 0 }],
  ['less than no near misses', { maxNearMisses: -1 }, 'max_near_misses: not between 0 and 100'],
  ['too many near misses', { maxNearMisses: 101 }, 'max_near_misses: not between 0 and 100'],
]);

table(
  'ListDecisions',
  ListDecisionsRequestSchema,
  checkListDecisions,
  {
    site: 's',
    outcomes: [1, 5],
    from: early,
    to: late,
    rule: 'velocity/card-hourly',
    ip: '::1',
    email: 'a@b.co',
  },
  [
    ['a negative page', { pageSize: -1 }, 'page_size: not between 0 and 1,000'],
    ['too large a page', { pageSize: 1001 }, 'page_size: not between 0 and 1,000'],
    ['a token with spaces', { pageToken: 'a b' }, 'page_token: not a token that was given out here'],
    ['an endless token', { pageToken: 'x'.repeat(2049) }, 'page_token: not a token that was given out here'],
    ['an outcome that is none', { outcomes: [0] }, 'outcomes[0]: is required'],
    ['an unknown outcome', { outcomes: [6 as Outcome] }, 'outcomes[0]: unknown value 6'],
    ['from after to', { from: late, to: early }, 'to: before from'],
    ['a rule without set', { rule: 'card-hourly' }, 'rule: not RULE_SET/RULE'],
    ['a broken address', { ip: '1.2.3' }, 'ip: not an IPv4 or IPv6 address'],
    ['a broken e-mail', { email: 'x' }, 'email: not an e-mail address'],
    ['a long customer', { customerId: 'x'.repeat(129) }, 'customer_id: longer than 128 characters'],
    ['a long device', { deviceId: 'x'.repeat(257) }, 'device_id: longer than 256 characters'],
    ['a broken site', { site: 'a/b' }, 'site: not 1 to 64 of [A-Za-z0-9._-]'],
  ],
);

const SHA = 'a'.repeat(64);
table(
  'CreateVersion',
  CreateVersionRequestSchema,
  rule.checkCreateVersion,
  { documentJson: '{}', author: 'ana', expectedLatestHash: SHA },
  [
    ['no document', { documentJson: '' }, 'document_json: is required'],
    ['more than 1 MiB', { documentJson: 'x'.repeat(1024 * 1024 + 1) }, 'document_json: larger than 1 MiB'],
    ['more than 1 MiB in UTF-8', { documentJson: 'é'.repeat(600_000) }, 'document_json: larger than 1 MiB'],
    ['nobody', { author: ' ' }, 'author: is required'],
    ['a long comment', { comment: 'x'.repeat(2001) }, 'comment: longer than 2000 characters'],
    [
      'a hash that is none',
      { expectedLatestHash: 'abc' },
      'expected_latest_hash: not a SHA-256 in lower-case hexadecimal',
    ],
  ],
);
table('ValidateRuleSet', ValidateRuleSetRequestSchema, rule.checkValidate, { documentJson: '{}' }, [
  ['no document', { documentJson: '' }, 'document_json: is required'],
]);
table('GetVersion', GetVersionRequestSchema, rule.checkGetVersion, { ruleSet: 'velocity' }, [
  ['no set', { ruleSet: '' }, 'rule_set: is required'],
  ['a set in capitals', { ruleSet: 'Velocity' }, `rule_set: ${NOT_SLUG}`],
  ['a negative version', { version: -1 }, 'version: not between 0 and 2,147,483,647'],
]);
table('ListVersions', ListVersionsRequestSchema, rule.checkListVersions, { ruleSet: 'velocity' }, [
  ['too large a page', { pageSize: 1001 }, 'page_size: not between 0 and 1,000'],
]);
table(
  'DiffVersions',
  DiffVersionsRequestSchema,
  rule.checkDiff,
  { ruleSet: 'velocity', fromVersion: 1, toVersion: 2 },
  [
    ['a version and a document', { toDocumentJson: '{}' }, 'to_version: contradicts to_document_json'],
    ['a document', { toVersion: 0, toDocumentJson: '{}' }],
  ],
);
table(
  'ActivateVersion',
  ActivateVersionRequestSchema,
  publishing.checkPublishVersion,
  { ruleSet: 'v', version: 1, actor: 'ana', etag: '3' },
  [
    ['no version', { version: 0 }, 'version: not between 1 and 2,147,483,647'],
    ['nobody', { actor: '' }, 'actor: is required'],
    ['an etag that nobody gave, which is stale', { etag: '"3"' }],
    ['a long etag', { etag: '3'.repeat(65) }, 'etag: longer than 64 characters'],
    ['a long reason', { reason: 'x'.repeat(501) }, 'reason: longer than 500 characters'],
  ],
);
table(
  'StartCanary',
  StartCanaryRequestSchema,
  (request) => void publishing.checkStartCanary(request),
  { ruleSet: 'v', version: 1, actor: 'ana', settings: { share: 0.05 } },
  [
    ['no settings', { settings: undefined as never }, 'settings: is required'],
    ['a scope', { scope: 'group:eu' }],
    ['a scope that is none', { scope: 'shop' }, 'scope: not all, group:ID or site:ID'],
    ['a scope of nobody', { scope: 'site:' }, 'scope: not all, group:ID or site:ID'],
    ['a scope with odd letters', { scope: 'site:a b' }, 'scope: not 1 to 64 of [A-Za-z0-9._-]'],
    ['no share', { settings: { share: 0 } }, 'settings.share: not above 0 and at most 0.5'],
    ['most of all', { settings: { share: 0.51 } }, 'settings.share: not above 0 and at most 0.5'],
    ['a share that is none', { settings: { share: NaN } }, 'settings.share: not above 0 and at most 0.5'],
    [
      'a short period',
      { settings: { share: 0.1, period: { seconds: 60n } } },
      'settings.period: not whole seconds between an hour and 366 days',
    ],
    ['limits of its own', { settings: { share: 0.1, limits: { stopped: { maxRise: 0 } }, plan: {} } }],
    [
      'limits without any',
      { settings: { share: 0.1, limits: {} } },
      'settings.limits: a canary needs at least one limit: stopped, reviewed, three_ds, challenged or latency',
    ],
    [
      'limits beyond reason',
      {
        settings: {
          share: 0.1,
          limits: {
            stopped: {},
            threeDs: { maxRise: 101, maxDrop: NaN },
            latency: { quantile: 0.99, maxFactor: 0.5 },
          },
        },
      },
      'settings.limits.stopped: needs max_rise, max_drop or both',
      'settings.limits.three_ds.max_rise: percentage points from 0 to 100',
      'settings.limits.three_ds.max_drop: percentage points from 0 to 100',
      'settings.limits.latency.max_factor: 1 or more',
    ],
    [
      'a latency without end',
      { settings: { share: 0.1, limits: { latency: { quantile: 1, maxFactor: 1001 } } } },
      'settings.limits.latency.quantile: from 0.5, below 1',
      'settings.limits.latency.max_factor: at most 1,000',
    ],
    [
      'a plan beyond reason',
      { settings: { share: 0.1, plan: { first: -1, growth: 1, alpha: NaN } } },
      'settings.plan.first: not between 0 and 10,000,000',
      'settings.plan.growth: not 0, or above 1 and at most 10',
      'settings.plan.alpha: not between 0 and 0.2',
    ],
  ],
);
table('GetCanaryReport', GetCanaryReportRequestSchema, publishing.checkCanaryReport, { ruleSet: 'v' }, [
  ['a run', { scope: 'site:shop', revision: 7n }],
  ['no scope', { scope: 'shop' }, 'scope: not all, group:ID or site:ID'],
  ['a revision that is none', { revision: -1n }, 'revision: is negative'],
  ['a revision too large', { revision: 2n ** 53n }, 'revision: larger than 9,007,199,254,740,991'],
]);
table(
  'ApproveVersion',
  ApproveVersionRequestSchema,
  publishing.checkApprove,
  { ruleSet: 'v', version: 1, actor: 'ana', hash: 'a'.repeat(64) },
  [
    ['no hash', { hash: '' }, 'hash: is required: that of the version that was looked at'],
    ['half a hash', { hash: 'ab' }, 'hash: not a SHA-256 in lower-case hexadecimal'],
  ],
);
table(
  'WaiveEvidence',
  WaiveEvidenceRequestSchema,
  publishing.checkWaive,
  { ruleSet: 'v', version: 1, actor: 'ana', reason: 'incident 31', waives: [1, 2] },
  [
    ['no reason', { reason: ' ' }, 'reason: is required'],
    ['nothing', { waives: [] }, 'waives: is required: backtest, approval or both'],
    ['golden cases', { waives: [3] }, 'waives[0]: golden cases cannot be waived'],
    ['something else', { waives: [9 as never] }, 'waives[0]: unknown value 9'],
  ],
);
table(
  'PutDraft',
  PutDraftRequestSchema,
  publishing.checkPutDraft,
  { ruleSet: 'v', documentJson: '{', actor: 'ana' },
  [
    ['no document', { documentJson: '' }, 'document_json: is required'],
    ['lists for nothing', { listsJson: '[]' }, 'lists_json: is for cases_json, which is empty'],
    ['large cases', { casesJson: 'x'.repeat(1024 * 1024 + 1) }, 'cases_json: larger than 1 MiB'],
  ],
);
table('RollBack', RollBackRequestSchema, publishing.checkPublication, { ruleSet: 'v', actor: 'ana' }, [
  ['no set', { ruleSet: '' }, 'rule_set: is required'],
]);

table(
  'CreateList',
  CreateListRequestSchema,
  list.checkCreateList,
  { list: { id: 'bad-cards', type: 1, kind: 1, description: 'Cards', owner: 'risk' } },
  [
    ['no list', { list: undefined as never }, 'list: is required'],
    [
      'an empty list',
      { list: {} },
      'list.id: is required',
      'list.type: is required',
      'list.kind: is required',
    ],
    ['unknown type', { list: { id: 'x', type: 11 as ListType, kind: 1 } }, 'list.type: unknown value 11'],
    ['unknown kind', { list: { id: 'x', type: 1, kind: 6 as ListKind } }, 'list.kind: unknown value 6'],
    [
      'a card number as name',
      { list: { id: '4111111111111111', type: 1, kind: 1 } },
      'list.id: holds what looks like a card number; send a token or a keyed fingerprint instead',
    ],
  ],
);
const entry = { value: 'a@b.co', reason: 'claims', actor: 'ana' };
table('AddEntries', AddEntriesRequestSchema, list.checkAddEntries, { list: 'l', entries: [entry] }, [
  ['nothing', { entries: [] }, 'entries: is required'],
  ['an empty value', { entries: [entry, { ...entry, value: ' ' }] }, 'entries[1].value: is required'],
  ['nobody', { entries: [{ ...entry, actor: ' ' }] }, 'entries[0].actor: is required'],
  [
    'a long value',
    { entries: [{ ...entry, value: 'x'.repeat(501) }] },
    'entries[0].value: longer than 500 characters',
  ],
  [
    'a card number',
    { entries: [{ ...entry, value: '4111-1111-1111-1111' }] },
    'entries[0].value: looks like a card number; list its keyed fingerprint',
  ],
  [
    'an end before its beginning',
    { entries: [{ ...entry, validFrom: late, validUntil: early }] },
    'entries[0].valid_until: not after valid_from',
  ],
  [
    'an end at its beginning',
    { entries: [{ ...entry, validFrom: early, validUntil: early }] },
    'entries[0].valid_until: not after valid_from',
  ],
]);
table(
  'RemoveEntries',
  RemoveEntriesRequestSchema,
  list.checkRemoveEntries,
  { list: 'l', values: ['x'], actor: 'ana' },
  [
    ['nothing', { values: [] }, 'values: is required'],
    ['an empty value', { values: ['x', ''] }, 'values[1]: is required'],
    ['nobody', { actor: '' }, 'actor: is required'],
  ],
);
table('CheckEntry', CheckEntryRequestSchema, list.checkCheckEntry, { list: 'l', value: 'x', asOf: early }, [
  ['no value', { value: '' }, 'value: is required'],
  ['a moment before 1970', { asOf: timestampFromMs(-5) }, 'as_of: not between the years 1970 and 9999'],
]);
table('ListEntries', ListEntriesRequestSchema, list.checkListEntries, { list: 'l' }, [
  ['no list', { list: '' }, 'list: is required'],
]);
table('ImportEntries', ImportEntriesRequestSchema, list.checkImportSettings, { list: 'l', actor: 'ana' }, [
  ['nobody', { actor: '' }, 'actor: is required'],
]);
table('ExportEntries', ExportEntriesRequestSchema, list.checkExport, { list: 'l' }, [
  ['a list in capitals', { list: 'L' }, `list: ${NOT_SLUG}`],
]);

table(
  'PutSite',
  PutSiteRequestSchema,
  site.checkPutSite,
  {
    site: {
      id: 's',
      group: 'iberia',
      timeZone: 'Europe/Madrid',
      country: 'ES',
      currency: 'EUR',
      languages: ['es', 'ca-ES'],
      etag: '0',
    },
  },
  [
    ['no site', { site: undefined as never }, 'site: is required'],
    ['no id', { site: {} }, 'site.id: is required'],
    [
      'a zone that is none',
      { site: { id: 's', timeZone: 'Mars/Olympus' } },
      'site.time_zone: not an IANA time zone',
    ],
    ['an offset as zone', { site: { id: 's', timeZone: '+02:00' } }, 'site.time_zone: not an IANA time zone'],
    [
      'a country that is none',
      { site: { id: 's', country: 'EN' } },
      'site.country: not an ISO 3166-1 alpha-2 country code in capitals',
    ],
    [
      'a currency that is none',
      { site: { id: 's', currency: 'EURO' } },
      'site.currency: not an ISO 4217 currency code in capitals',
    ],
    [
      'a language that is none',
      { site: { id: 's', languages: ['es', 'e'] } },
      'site.languages[1]: not a BCP 47 language tag',
    ],
    ['a group with spaces', { site: { id: 's', group: 'a b' } }, 'site.group: not 1 to 64 of [A-Za-z0-9._-]'],
  ],
);
table(
  'PutMerchant',
  PutMerchantRequestSchema,
  site.checkPutMerchant,
  {
    merchant: {
      id: 'm',
      ownerIdentityHash: SHA,
      riskGrade: 'A',
      timeZone: 'UTC',
      country: 'MX',
      currency: 'MXN',
      small: true,
    },
  },
  [
    ['no merchant', { merchant: undefined as never }, 'merchant: is required'],
    ['a grade that is none', { merchant: { id: 'm', riskGrade: 'F' } }, 'merchant.risk_grade: not A to E'],
    ['no id', { merchant: {} }, 'merchant.id: is required'],
  ],
);
table('GetSite', GetSiteRequestSchema, site.checkSiteId, { id: 's' }, [
  ['no id', { id: '' }, 'id: is required'],
]);
table('ListSites', ListSitesRequestSchema, checkPage, {}, [
  ['too large a page', { pageSize: 5000 }, 'page_size: not between 0 and 1,000'],
]);
table(
  'CommitDraft',
  CommitDraftRequestSchema,
  publishing.checkCommit,
  { ruleSet: 'r', etag: '1', actor: 'a' },
  [
    [
      'nothing at all',
      { ruleSet: '', etag: '', actor: '' },
      'rule_set: is required',
      'actor: is required',
      'etag: is required: that of the draft that was read',
    ],
    ['too long an etag', { etag: '1'.repeat(65) }, 'etag: longer than 64 characters'],
  ],
);
table('ListUsage', ListUsageRequestSchema, checkListUsage, { list: 'l', from: early, to: late }, [
  ['the same moment twice', { from: late }],
  ['from after to', { from: late, to: early }, 'to: before from'],
  ['from within the second after to', { from: timestampFromMs(2001) }, 'to: before from'],
]);
