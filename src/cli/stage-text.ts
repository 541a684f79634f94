import { RuleStage, type StagedVersion } from '../gen/tollgate/v1/rule_publishing_pb.js';
import { enumText } from './decision-text.js';

/** Where a version stands: `active at all sites`, `canary of 5 % at site:shop-de`. */
export function stageText({ stage, scope, canary }: StagedVersion): string {
  const share = canary === undefined ? '' : ` of ${Number((canary.share * 100).toFixed(2))} %`;
  return `${enumText(RuleStage, stage)}${share} at ${scope === 'all' ? 'all sites' : scope}`;
}
