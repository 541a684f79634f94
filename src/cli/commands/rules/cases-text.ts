import { basename, dirname, join } from 'node:path';
import type { CasesResult } from '../../../gen/tollgate/v1/rule_publishing_pb.js';
import { counted } from '../../counted.js';
import type { Host } from '../../host.js';
import { namesIn, readText } from '../../input/files.js';
import type { Output } from '../../output.js';

/** Golden cases and lists for a document: the files that were named, else those beside it. */
export async function casesBeside(
  file: string,
  { cases, lists }: { readonly cases?: string; readonly lists?: string },
  host: Host,
): Promise<{ readonly casesJson: string; readonly listsJson: string }> {
  const names = file === '-' ? [] : ((await namesIn(dirname(file))) ?? []);
  const beside = (name: string): string | undefined =>
    name !== basename(file) && names.includes(name) ? join(dirname(file), name) : undefined;
  const text = async (path: string | undefined): Promise<string> =>
    path === undefined ? '' : await readText(path, host);
  const casesJson = await text(cases ?? beside(basename(file).replace(/\.rules\.json$/, '.cases.json')));
  const listsJson = casesJson === '' ? '' : await text(lists ?? beside('lists.json'));
  return { casesJson, listsJson };
}

/** How golden cases ended. */
export function printCases(out: Output, cases: CasesResult | undefined): void {
  if (cases === undefined) {
    out.line(
      'No golden cases: it cannot go live before it has some (NAME.cases.json beside it, or --cases FILE).',
    );
    return;
  }
  const all = cases.passed + cases.failed;
  const style = cases.failed === 0 ? 'green' : 'red';
  out.line(out.paint(style, `${cases.passed} of ${counted(all, 'golden case')} passed.`));
  for (const failure of cases.failures) out.line(`  ${failure}`);
}
