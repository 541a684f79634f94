import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Service } from '../../src/main.js';
import { createFolder, tollgate } from './support/run.js';
import { startedService } from './support/service.js';

const folder = createFolder();
let service: Service;
beforeAll(async () => {
  service = await startedService(folder);
}, 60_000);
afterAll(async () => {
  await service.close();
  folder.remove();
});

const run = (args: readonly string[]) =>
  tollgate(args, { environment: { TOLLGATE_SERVER: service.grpcAddress } });

type Fields = Readonly<Record<string, unknown>> & { readonly name?: string };
const SET = join(folder.path, 'my-rules', 'gift-cards.rules.json');
const CASES = SET.replace('.rules.', '.cases.');

const read = (path: string): Fields => JSON.parse(readFileSync(path, 'utf8')) as Fields;
const write = (path: string, what: object): void => writeFileSync(path, JSON.stringify(what));

/** Puts an example where the guide says it goes. */
function put(example: Fields): void {
  if ('rules' in example) return write(SET, example);
  if ('event' in example) return add(SET, 'rules', example);
  if ('when' in example) return add(SET, 'limits', example);
  if ('stream' in example) return add(CASES, 'cases', example);
  write('lists' in example ? CASES : SET, { ...read('lists' in example ? CASES : SET), ...example });
}

function add(path: string, list: string, item: Fields): void {
  const whole = read(path);
  const items = (whole[list] ?? []) as readonly Fields[];
  // The guard of step 6 takes its place.
  const gone = [item.name, ...(item.name === GUARDED ? [UNGUARDED] : [])];
  write(path, { ...whole, [list]: [...items.filter(({ name }) => !gone.includes(name)), item] });
}
const UNGUARDED = 'a card of unknown funding leaves the rule unknown';
const GUARDED = 'a card of unknown funding is not challenged';

/** The words of a command of the guide, as a shell takes them. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) =>
    (quoted ?? word ?? '').replace('my-rules/', join(folder.path, 'my-rules/')),
  );
}

it('the ten minutes of the guide are walked as they are written, to the last command', async () => {
  const guide = readFileSync('rules/README.md', 'utf8');
  const chapters = guide.slice(guide.indexOf('## Your first rules'), guide.indexOf('## The sets'));
  await run(['decide', 'rules/payment.sample.json']);
  const listed = JSON.parse((await run(['decisions', 'list', '--json'])).out) as { id: string }[];
  let commands = 0;
  for (const [, kind, text = ''] of chapters.matchAll(/^```(json|sh)\n(.*?)^```/gms)) {
    if (kind === 'json') {
      put(JSON.parse(text) as Fields);
      continue;
    }
    for (const line of text.trim().split('\n')) {
      const [command = '', output] = line.replace(/^npx tollgate /, '').split(' > ');
      const words = wordsOf(command).map((word) => (word === 'ID' ? (listed[0]?.id ?? '') : word));
      if (words[1] === 'rollback') await changed();
      const { code, out, err } = await run(words);
      expect({ line, code, err }).toEqual({ line, code: 0, err: '' });
      if (output !== undefined) folder.file(output, out);
      commands += 1;
    }
  }
  expect(commands).toBeGreaterThan(12);
  expect(existsSync(join(folder.path, 'happened.cases.json'))).toBe(true);
}, 60_000);

/** A second version, live: there is nothing to take back before. */
async function changed(): Promise<void> {
  write(SET, { ...read(SET), description: 'Said in other words.' });
  expect(await run(['rules', 'push', SET, '--activate', '--waive-backtest', 'none'])).toMatchObject({
    code: 0,
  });
}
