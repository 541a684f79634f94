import { activeEverywhere, type Standings } from './known-versions.js';
import type { RuleSetInfo, VersionInfo } from './rule-set-info.js';
import type { StagedVersion } from './publish/stage.js';
import type { StoredVersion } from './version-store.js';

/** A rule set as it is listed. */
export function summaryOf({ ruleSet, revision, stages }: Standings, latest: StoredVersion): RuleSetInfo {
  return {
    id: ruleSet,
    description: latest.document.description,
    owner: latest.document.owner,
    activeVersion: activeEverywhere(stages),
    latestVersion: latest.version,
    revision,
    staged: stages.filter(({ stage }) => stage !== 'archived'),
  };
}

/** A version as it is listed, with the stages of its rule set. */
export function infoOf(version: StoredVersion, stages: readonly StagedVersion[]): VersionInfo {
  const { ruleSet, hash, author, editors = [], comment, createdAt, document } = version;
  return {
    ruleSet,
    version: version.version,
    hash,
    author,
    editors,
    comment,
    createdAt,
    active: activeEverywhere(stages) === version.version,
    staged: stages.filter((staged) => staged.version === version.version),
    rules: document.rules.length,
  };
}
