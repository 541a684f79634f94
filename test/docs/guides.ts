import { readdirSync, readFileSync } from 'node:fs';
import { tollgate } from '../cli/support/run.js';
import { shellCommands, type ShellCommand } from './shell.js';

/** Every guide for people in the repository. */
export const GUIDES: readonly string[] = [
  'README.md',
  'CONTRIBUTING.md',
  'bench/README.md',
  'rules/README.md',
  ...readdirSync('docs').map((name) => `docs/${name}`),
];

/** The shell commands that a guide shows in blocks of their own. */
export function guideCommands(guide: string): ShellCommand[] {
  const blocks = readFileSync(guide, 'utf8').matchAll(/^```sh\n(.*?)^```/gms);
  return [...blocks].flatMap(([, block]) => shellCommands(block ?? ''));
}

/** The commands that a guide names within its text. */
export function namedCommands(guide: string): ShellCommand[] {
  const text = readFileSync(guide, 'utf8').replaceAll(/^```.*?^```/gms, '');
  const code = [...text.matchAll(/`((?:npx |npm |tollgate )[^`]+)`/g)].map(([, command]) => command ?? '');
  return code.flatMap((command) => shellCommands(command));
}

/** The examples in the help of a command and of all below it. */
export async function helpCommands(path: readonly string[] = []): Promise<ShellCommand[]> {
  const { out } = await tollgate([...path, '--help']);
  const [, examples = ''] = out.split('Examples:\n');
  const below = /^Commands:\n((?: {2}.*\n?)*)/m.exec(out)?.[1] ?? '';
  const names = [...below.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name]) => name ?? '');
  const found = [...examples.matchAll(/^ {2}\$ (.*)$/gm)].flatMap(([, line]) => shellCommands(line ?? ''));
  for (const name of names) {
    if (name !== 'help') found.push(...(await helpCommands([...path, name])));
  }
  return found;
}
