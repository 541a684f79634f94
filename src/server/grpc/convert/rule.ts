import { create } from '@bufbuild/protobuf';
import type { RuleFinding, RuleSet, RuleSetVersion } from '../../../gen/tollgate/v1/rule_service_pb.js';
import {
  RuleFindingSchema,
  RuleSetSchema,
  RuleSetVersionSchema,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import type { Finding } from '../../../rules/check/check.js';
import type { RuleSetInfo, VersionInfo } from '../../../rules/rule-set-info.js';
import { toEtag } from '../services/page-query.js';
import { toStaged } from './rule-publishing.js';
import { fromMs } from './time.js';

/** A rule set as it is listed. */
export function toRuleSet(info: RuleSetInfo): RuleSet {
  return create(RuleSetSchema, {
    id: info.id,
    description: info.description,
    owner: info.owner,
    activeVersion: info.activeVersion,
    latestVersion: info.latestVersion,
    etag: toEtag(info.revision),
    staged: info.staged.map(toStaged),
  });
}

/** A version as it is listed; `document` where it is read. */
export function toVersion(info: VersionInfo, document = ''): RuleSetVersion {
  return create(RuleSetVersionSchema, {
    ruleSet: info.ruleSet,
    version: info.version,
    hash: info.hash,
    author: info.author,
    editors: [...info.editors],
    comment: info.comment,
    createdAt: fromMs(info.createdAt),
    active: info.active,
    staged: info.staged.map(toStaged),
    rules: info.rules,
    documentJson: document,
  });
}

/** What a check found. */
export function toFinding(finding: Finding): RuleFinding {
  const { severity, code, rule, path, message } = finding;
  return create(RuleFindingSchema, { severity, code, rule, path, message });
}
