import { create } from '@bufbuild/protobuf';
import { invalidRequest, type FieldViolation } from '../../../errors/errors.js';
import type { RuleService } from '../../../gen/tollgate/v1/rule_service_pb.js';
import {
  CreateVersionResponseSchema,
  DiffVersionsResponseSchema,
  GetVersionResponseSchema,
  ListRuleSetsRequestSchema,
  ListRuleSetsResponseSchema,
  ListVersionsRequestSchema,
  ListVersionsResponseSchema,
  RuleChangeSchema,
  ValidateRuleSetResponseSchema,
} from '../../../gen/tollgate/v1/rule_service_pb.js';
import { toCases } from '../convert/rule-publishing.js';
import { toFinding, toRuleSet, toVersion } from '../convert/rule.js';
import type { Handlers } from '../handlers.js';
import {
  checkCreateVersion,
  checkDiff,
  checkGetVersion,
  checkListVersions,
  checkValidate,
} from '../validate/rule.js';
import { checkPage } from '../validate/page.js';
import { actorOf } from './acting.js';
import { pageOf } from './page-query.js';
import { documentFaults } from '../../../rules/rule-set-errors.js';
import type { CanaryReports, RuleSets, Shadows } from './ports.js';
import { provingHandlers } from './rule-proving.js';
import { publishingHandlers } from './rule-publishing.js';
import { shadowHandlers } from './rule-shadow.js';
import { toldStages } from './site-scope.js';

/** The handlers of RuleService. */
export function ruleHandlers(
  ruleSets: RuleSets,
  canaries: CanaryReports,
  shadows: Shadows,
): Handlers<typeof RuleService> {
  /** Throws what is wrong with a request together with what is wrong with the document in it. */
  async function refuse(found: readonly FieldViolation[], field: string, document: string): Promise<void> {
    if (found.length === 0) return;
    const { findings } = document === '' ? { findings: [] } : await ruleSets.validate(document);
    throw invalidRequest([...found, ...documentFaults(findings, field)]);
  }

  return {
    async createVersion(request, context) {
      request.author = actorOf(context, request.author, 'author');
      await refuse(checkCreateVersion(request), 'document_json', request.documentJson);
      const { version, warnings, created, cases } = await ruleSets.create({
        document: request.documentJson,
        author: request.author,
        editors: [],
        comment: request.comment,
        expectedLatestHash: request.expectedLatestHash,
        cases: request.casesJson,
        lists: request.listsJson,
      });
      return create(CreateVersionResponseSchema, {
        version: toVersion(version),
        warnings: warnings.map(toFinding),
        created,
        ...(cases === undefined ? {} : { cases: toCases(cases) }),
      });
    },
    async validateRuleSet(request) {
      checkValidate(request);
      const { valid, findings, hash } = await ruleSets.validate(request.documentJson);
      return create(ValidateRuleSetResponseSchema, { valid, findings: findings.map(toFinding), hash });
    },
    async getVersion(request, context) {
      checkGetVersion(request);
      const { info, document } = await ruleSets.version(request.ruleSet, request.version);
      return create(GetVersionResponseSchema, { version: toVersion(toldStages(context, info), document) });
    },
    async listRuleSets(request, context) {
      checkPage(request);
      const page = pageOf(ListRuleSetsRequestSchema, request);
      const { items, next } = await ruleSets.list(page.query);
      return create(ListRuleSetsResponseSchema, {
        ruleSets: items.map((info) => toRuleSet(toldStages(context, info))),
        nextPageToken: page.tokenOf(next),
      });
    },
    async listVersions(request, context) {
      checkListVersions(request);
      const page = pageOf(ListVersionsRequestSchema, request);
      const { items, next } = await ruleSets.versions(request.ruleSet, page.query);
      return create(ListVersionsResponseSchema, {
        versions: items.map((info) => toVersion(toldStages(context, info))),
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
    ...publishingHandlers(ruleSets, canaries),
    ...provingHandlers(ruleSets),
    ...shadowHandlers(shadows),
  };
}

function json(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}
