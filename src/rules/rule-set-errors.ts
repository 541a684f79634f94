import { TollgateError, type FieldViolation } from '../errors/errors.js';
import type { Finding } from './check/check.js';
import { activeEverywhere, type Standings } from './known-versions.js';
import type { StoredVersion } from './version-store.js';

/** The document has errors: each is told with its rule and place, or `field` where it is the document as a whole. */
export function invalidDocument(findings: readonly Finding[], field: string): TollgateError {
  const faults = documentFaults(findings, field);
  const first = findings.find(({ severity }) => severity === 'error');
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
  const text =
    first === undefined ? 'the document has errors' : `${place(first, field)}: ${first.message}${more}`;
  return new TollgateError('RULE_SET_INVALID', text, { violations: faults });
}

/** The errors among findings, as the faults of a request that holds the document in this field. */
export function documentFaults(findings: readonly Finding[], field: string): readonly FieldViolation[] {
  return findings
    .filter(({ severity }) => severity === 'error')
    .map((finding) => ({
      field: place(finding, field),
      description: `${finding.code}: ${finding.message}`,
    }));
}

function place({ rule, path }: Finding, field: string): string {
  const where = path === '' ? field : path;
  return rule === '' ? where : `rule ${rule} at ${where}`;
}

/** Somebody else changed where versions stand since the caller looked. */
export function stale({ ruleSet, revision, stages }: Standings): TollgateError {
  const text = `versions of ${ruleSet} have moved meanwhile: look where they stand now, and try again`;
  return new TollgateError('STALE_ETAG', text, {
    metadata: { etag: String(revision), active_version: String(activeEverywhere(stages)) },
  });
}

/** The newest version is not the one that the caller expects. */
export function staleHash(ruleSet: string, latest: StoredVersion | undefined): TollgateError {
  return new TollgateError('STALE_ETAG', `the newest version of ${ruleSet} has another hash than expected`, {
    metadata: { latest_hash: latest?.hash ?? '', latest_version: String(latest?.version ?? 0) },
  });
}
