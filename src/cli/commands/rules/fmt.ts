import { join } from 'node:path';
import type { Command } from 'commander';
import { counted } from '../../counted.js';
import { badInput, CliError, EXIT } from '../../exit.js';
import type { Host } from '../../host.js';
import { fileName, namesIn, readText } from '../../input/files.js';
import { isRuleFile } from '../../input/rule-files.js';
import type { Output } from '../../output.js';
import { writeTexts } from '../../output-file.js';
import { withSession } from '../../session.js';

/** `tollgate rules fmt [PATH...]`: needs no server. */
export function addFmt(parent: Command, host: Host): void {
  parent
    .command('fmt [paths...]')
    .description('Write rule sets, cases and lists in their one layout: names in order, 110 columns.')
    .option('--check', 'change nothing; 1 and their names when files are laid out otherwise')
    .addHelpText(
      'after',
      `
A path is a file, or a folder, of which NAME.rules.json, NAME.cases.json and lists.json are meant; without one it is the
present folder. What a file says, and so the hash of a rule set, stays the same. '-' reads standard input and prints.

Examples:
  $ tollgate rules fmt my-rules/
  $ tollgate rules fmt my.rules.json --check`,
    )
    .action((paths: readonly string[], options: { check?: boolean }, command: Command) =>
      withSession(host, command, async ({ out }) => {
        const { formatted } = await import('../../../rules/authoring/format.js');
        const files = await filesOf(paths.length > 0 ? paths : ['.']);
        const changed: string[] = [];
        for (const path of files) {
          const text = await readText(path, host);
          const result = formatted(text);
          if ('problem' in result) throw badInput(fileName(path), result.problem);
          if (path === '-' && options.check !== true) {
            host.print(result.ok);
            continue;
          }
          if (result.ok === text) continue;
          changed.push(path);
          if (options.check !== true) await writeTexts(path, once(result.ok));
        }
        if (out.json) out.document({ files: files.length, changed });
        else if (!files.includes('-')) tell(changed, files.length, options.check === true, out);
        if (options.check === true && changed.length > 0) {
          const text = `${changed.map(fileName).join(', ')}: not in the layout that 'tollgate rules fmt' writes`;
          throw new CliError(EXIT.refused, 'NOT_FORMATTED', text);
        }
      }),
    );
}

function tell(changed: readonly string[], files: number, check: boolean, out: Output): void {
  if (check) {
    if (changed.length === 0) out.line(`${counted(files, 'file')} as it should be.`);
    return;
  }
  for (const path of changed) out.line(`${path} written.`);
  if (changed.length === 0) out.line(`${counted(files, 'file')} as it should be already.`);
}

async function filesOf(paths: readonly string[]): Promise<readonly string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const names = path === '-' ? undefined : await namesIn(path);
    if (names === undefined) files.push(path);
    else
      files.push(
        ...names
          .filter(isRuleFile)
          .toSorted()
          .map((name) => join(path, name)),
      );
  }
  return files;
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}
