/** What of a client certificate says whom it names, as Node tells it. */
export interface CertificateNames {
  readonly subject?: { readonly CN?: string | readonly string[] };
  /** `URI:…, DNS:…`; a value that could be taken for several is written as a JSON string. */
  readonly subjectaltname?: string;
}

/** One name: its kind, and its value plain or as a JSON string. */
const NAME = /^(URI|DNS):("(?:[^"\\]|\\.)*"|[^",]*)$/;
/** What a name that may stand for somebody looks like. */
const FORM = /^(?:URI|DNS|CN):[\x20-\x7e]{1,250}$/;

/** Whether a text has the form of a subject. */
export function isSubject(text: string): boolean {
  return FORM.test(text);
}

/**
 * Whom a certificate names: its first URI among the subject alternative names, else its first DNS name there, else its
 * common name; each with its kind, so that one cannot be taken for another. undefined where there is none, or none that
 * can be read in one way only.
 */
export function subjectOf({ subject, subjectaltname = '' }: CertificateNames): string | undefined {
  const names = split(subjectaltname);
  const found = first(names, 'URI') ?? first(names, 'DNS');
  if (found !== undefined) return known(found);
  return typeof subject?.CN === 'string' ? known(`CN:${subject.CN}`) : undefined;
}

function known(text: string): string | undefined {
  return isSubject(text) ? text : undefined;
}

function first(names: readonly string[], kind: 'URI' | 'DNS'): string | undefined {
  for (const name of names) {
    const [, of, value = ''] = NAME.exec(name) ?? [];
    if (of === kind) return `${kind}:${value.startsWith('"') ? unquoted(value) : value}`;
  }
  return undefined;
}

function unquoted(value: string): string {
  try {
    return String(JSON.parse(value));
  } catch {
    return '';
  }
}

/** The names of the list, which commas part except within quotes. */
function split(list: string): readonly string[] {
  const names: string[] = [];
  let from = 0;
  let quoted = false;
  for (let at = 0; at <= list.length; at++) {
    const letter = list[at];
    if (quoted && letter === '\\') at += 1;
    else if (letter === '"') quoted = !quoted;
    else if (letter === undefined || (letter === ',' && !quoted)) {
      names.push(list.slice(from, at).trim());
      from = at + 1;
    }
  }
  return names;
}
