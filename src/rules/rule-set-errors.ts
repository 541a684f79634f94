import { TollgateError } from '../errors/errors.js';
import type { Finding } from './check.js';
import type { Activation, StoredVersion } from './version-store.js';

/** The document has errors: each is told with its rule and place. */
export function invalidDocument(findings: readonly Finding[]): TollgateError {
  const errors = findings.filter((finding) => finding.severity === 'error');
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const text = first === undefined ? 'the document has errors' : `${place(first)}: ${first.message}${more}`;
  return new TollgateError('RULE_SET_INVALID', text, {
    violations: errors.map((finding) => ({
      field: place(finding),
      description: `${finding.code}: ${finding.message}`,
    })),
  });
}

function place({ rule, path }: Finding): string {
  const where = path === '' ? 'document' : path;
  return rule === '' ? where : `rule ${rule} at ${where}`;
}

/** Somebody else changed what is active since the caller looked. */
export function stale(ruleSet: string, activation: Activation): TollgateError {
  return new TollgateError('STALE_ETAG', `what is active of ${ruleSet} has changed meanwhile`, {
    metadata: { etag: String(activation.revision), active_version: String(activation.version) },
  });
}

/** The newest version is not the one that the caller expects. */
export function staleHash(ruleSet: string, latest: StoredVersion | undefined): TollgateError {
  return new TollgateError('STALE_ETAG', `the newest version of ${ruleSet} has another hash than expected`, {
    metadata: { latest_hash: latest?.hash ?? '', latest_version: String(latest?.version ?? 0) },
  });
}
