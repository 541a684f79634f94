/** Something that a check found in a rule-set document. A document with an error must not be used. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  /** Stable code, for example `unknown-fact`. */
  readonly code: string;
  /** Name of the rule or limit; empty: the set as a whole. */
  readonly rule: string;
  /** JSON Pointer to the place. */
  readonly path: string;
  /** What is wrong and, where that helps, what would be right. */
  readonly message: string;
}

/** Collects findings, of each severity at most as many as a person would read: warnings hide no error. */
export interface Report {
  readonly findings: Finding[];
  /** The rule or limit that is being looked at. */
  rule: string;
  errors: number;
  warnings: number;
  /** Steps left for finding out what was meant: a document of nothing but misspelt names must not cost minutes. */
  hintSteps: number;
}

const MAX_FINDINGS = 200;
/** A fraction of a second; hundreds of misspelt names among a thousand. */
const HINT_STEPS = 10_000_000;
const LONGEST_NAME = 80;
/** Letters of a name that is left unfinished. */
const SHORTEST_START = 4;

/** An empty report. */
export function newReport(): Report {
  return { findings: [], rule: '', errors: 0, warnings: 0, hintSteps: HINT_STEPS };
}

/** Notes an error. */
export function error(report: Report, code: string, path: string, message: string): void {
  note(report, report.errors++, { severity: 'error', code, rule: report.rule, path, message });
}

/** Notes a warning. */
export function warning(report: Report, code: string, path: string, message: string): void {
  note(report, report.warnings++, { severity: 'warning', code, rule: report.rule, path, message });
}

/** Appends a step to a JSON Pointer. */
export function pointer(path: string, step: string | number): string {
  return `${path}/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

/** Text from a document, shortened for a message. */
export function quoted(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = typeof value;
  }
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** `did you mean …?` for a misspelt name, or nothing. The report bounds what looking for it may cost. */
export function suggestion(report: Report, name: string, known: Iterable<string>): string {
  const wanted = name.toLowerCase();
  if (wanted.length > LONGEST_NAME) return '';
  let best = '';
  const longer: string[] = [];
  // Something of it has to be right.
  let distance = Math.min(Math.max(2, Math.floor(wanted.length / 4)) + 1, wanted.length);
  for (const candidate of known) {
    if (report.hintSteps <= 0) break;
    report.hintSteps -= 1 + candidate.length;
    if (wanted.length >= SHORTEST_START && candidate.toLowerCase().startsWith(wanted)) longer.push(candidate);
    if (Math.abs(candidate.length - wanted.length) >= distance || candidate.length > LONGEST_NAME) continue;
    report.hintSteps -= wanted.length * candidate.length;
    const edits = editDistance(wanted, candidate.toLowerCase());
    if (edits < distance) {
      best = candidate;
      distance = edits;
    }
  }
  const meant = best === '' ? longer.slice(0, 3) : [best];
  return meant.length === 0
    ? ''
    : `; did you mean ${meant.map((name) => JSON.stringify(name)).join(' or ')}?`;
}

/** `before`: how many of this severity there were. */
function note({ findings }: Report, before: number, finding: Finding): void {
  if (before < MAX_FINDINGS) findings.push(finding);
  else if (before === MAX_FINDINGS)
    findings.push({ ...finding, code: 'too-many-findings', message: 'there are more; these come first' });
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
