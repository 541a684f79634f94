import { create } from '@bufbuild/protobuf';
import { invalidRequest, type FieldViolation } from '../../../errors/errors.js';
import type {
  RuleFinding,
  RuleService,
  RuleSet,
  RuleSetVersion,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import {
  ActivateVersionResponseSchema,
  CreateVersionResponseSchema,
  DeactivateRuleSetResponseSchema,
  DiffVersionsResponseSchema,
  GetVersionResponseSchema,
  ListRuleSetsRequestSchema,
  ListRuleSetsResponseSchema,
  ListVersionsRequestSchema,
  ListVersionsResponseSchema,
  RollBackResponseSchema,
  RuleChangeSchema,
  RuleFindingSchema,
  RuleSetSchema,
  RuleSetVersionSchema,
  ValidateRuleSetResponseSchema,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import { fromMs } from '../convert/time.js';
import type { Handlers } from '../handlers.js';
import {
  checkActivate,
  checkCreateVersion,
  checkDiff,
  checkGetVersion,
  checkListVersions,
  checkRollBackOrDeactivate,
  checkValidate,
} from '../validate/rule.js';
import { checkPage } from '../validate/page.js';
import { actorOf } from './acting.js';
import { pageOf, toEtag, toRevision } from './page-query.js';
import type { Finding } from '../../../rules/check/check.js';
import { documentFaults } from '../../../rules/rule-set-errors.js';
import type { PublishInput, RuleSetInfo, VersionInfo } from '../../../rules/rule-sets.js';
import type { RuleSets } from './ports.js';

/** The handlers of RuleService. */
export function ruleHandlers(ruleSets: RuleSets): Handlers<typeof RuleService> {
  /** Throws what is wrong with a request together with what is wrong with the document in it. */
  async function refuse(found: readonly FieldViolation[], field: string, document: string): Promise<void> {
    if (found.length === 0) return;
    const { findings } = document === '' ? { findings: [] } : await ruleSets.validate(document);
    throw invalidRequest([...found, ...documentFaults(findings, field)]);
  }

  return {
    async createVersion(request, context) {
      request.author = actorOf(context, request.author);
      await refuse(checkCreateVersion(request), 'document_json', request.documentJson);
      const { version, warnings, created } = await ruleSets.create({
        document: request.documentJson,
        author: request.author,
        comment: request.comment,
        expectedLatestHash: request.expectedLatestHash,
      });
      return create(CreateVersionResponseSchema, {
        version: toVersion(version),
        warnings: warnings.map(toFinding),
        created,
      });
    },
    async validateRuleSet(request) {
      checkValidate(request);
      const { valid, findings, hash } = await ruleSets.validate(request.documentJson);
      return create(ValidateRuleSetResponseSchema, { valid, findings: findings.map(toFinding), hash });
    },
    async getVersion(request) {
      checkGetVersion(request);
      const { info, document } = await ruleSets.version(request.ruleSet, request.version);
      return create(GetVersionResponseSchema, { version: toVersion(info, document) });
    },
    async listRuleSets(request) {
      checkPage(request);
      const page = pageOf(ListRuleSetsRequestSchema, request);
      const { items, next } = await ruleSets.list(page.query);
      return create(ListRuleSetsResponseSchema, {
        ruleSets: items.map(toRuleSet),
        nextPageToken: page.tokenOf(next),
      });
    },
    async listVersions(request) {
      checkListVersions(request);
      const page = pageOf(ListVersionsRequestSchema, request);
      const { items, next } = await ruleSets.versions(request.ruleSet, page.query);
      return create(ListVersionsResponseSchema, {
        versions: items.map((info) => toVersion(info)),
        nextPageToken: page.tokenOf(next),
      });
    },
    async diffVersions(request) {
      await refuse(checkDiff(request), 'to_document_json', request.toDocumentJson);
      const to = request.toDocumentJson === '' ? request.toVersion : { document: request.toDocumentJson };
      const changes = await ruleSets.diff(request.ruleSet, request.fromVersion, to);
      return create(DiffVersionsResponseSchema, {
        changes: changes.map((change) =>
          create(RuleChangeSchema, {
            change: change.change,
            rule: change.rule,
            path: change.path,
            fromJson: json(change.from),
            toJson: json(change.to),
            text: change.text,
          }),
        ),
      });
    },
    async activateVersion(request, context) {
      request.actor = actorOf(context, request.actor);
      checkActivate(request);
      const info = await ruleSets.activate({ ...toPublish(request), version: request.version });
      return create(ActivateVersionResponseSchema, { ruleSet: toRuleSet(info) });
    },
    async rollBack(request, context) {
      request.actor = actorOf(context, request.actor);
      checkRollBackOrDeactivate(request);
      const info = await ruleSets.rollBack(toPublish(request));
      return create(RollBackResponseSchema, { ruleSet: toRuleSet(info) });
    },
    async deactivateRuleSet(request, context) {
      request.actor = actorOf(context, request.actor);
      checkRollBackOrDeactivate(request);
      const info = await ruleSets.deactivate(toPublish(request));
      return create(DeactivateRuleSetResponseSchema, { ruleSet: toRuleSet(info) });
    },
  };
}

function toPublish(request: {
  readonly ruleSet: string;
  readonly actor: string;
  readonly reason: string;
  readonly etag: string;
}): PublishInput {
  const { ruleSet, actor, reason, etag } = request;
  return { ruleSet, actor, reason, revision: toRevision(etag) };
}

function toRuleSet(info: RuleSetInfo): RuleSet {
  return create(RuleSetSchema, {
    id: info.id,
    description: info.description,
    owner: info.owner,
    activeVersion: info.activeVersion,
    latestVersion: info.latestVersion,
    etag: toEtag(info.revision),
  });
}

function toVersion(info: VersionInfo, document = ''): RuleSetVersion {
  return create(RuleSetVersionSchema, {
    ruleSet: info.ruleSet,
    version: info.version,
    hash: info.hash,
    author: info.author,
    comment: info.comment,
    createdAt: fromMs(info.createdAt),
    active: info.active,
    rules: info.rules,
    documentJson: document,
  });
}

function toFinding(finding: Finding): RuleFinding {
  const { severity, code, rule, path, message } = finding;
  return create(RuleFindingSchema, { severity, code, rule, path, message });
}

function json(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}
