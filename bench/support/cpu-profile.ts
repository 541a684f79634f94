import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Where the CPU time of a thread goes, as shares of its busy time, largest first. */
export interface CpuShares {
  readonly busySeconds: number;
  readonly shares: readonly { readonly part: string; readonly share: number }[];
  /** Share of one part. */
  of(part: string): number;
}

/** Self time by part of the code. The generated functions of the rules have no file of their own. */
const PARTS: readonly (readonly [string, (frame: ProfileNode['callFrame']) => boolean])[] = [
  ['garbage collection', ({ functionName }) => functionName === '(garbage collector)'],
  [
    'rules',
    ({ url, functionName }) => url.includes('/dist/rules/') || (url === '' && functionName === 'anonymous'),
  ],
  ['facts: windows', ({ url }) => url.includes('/dist/facts/velocity/')],
  ['facts: payment context', ({ url }) => url.includes('/dist/facts/')],
  ['decisions', ({ url }) => url.includes('/dist/decisions/')],
  ['store', ({ url }) => url.includes('/dist/storage/') || /node_modules\/(mongodb|bson|libsql)\//.test(url)],
  ['validation and conversion', ({ url }) => /\/dist\/server\/grpc\/(validate|convert)\//.test(url)],
  ['gRPC bridge', ({ url }) => url.includes('/dist/server/')],
  ['protobuf', ({ url }) => url.includes('/@bufbuild/') || url.includes('/dist/gen/')],
  ['grpc-js', ({ url }) => url.includes('/@grpc/')],
  ['node: http2 and streams', ({ url }) => url.startsWith('node:')],
  ['native and other', () => true],
];

/** Reads the profile of a process's main thread: the largest of a folder of `--cpu-prof`. */
export function cpuShares(folder: string): CpuShares {
  const files = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  const profiles = files.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Profile);
  const main = profiles.find(({ nodes }) =>
    nodes.some(({ callFrame }) => callFrame.url.includes('/dist/server/')),
  );
  if (main === undefined) throw new Error(`no profile of the main thread in ${folder}`);
  const byId = new Map(main.nodes.map((node) => [node.id, node.callFrame]));
  const spent = new Map<string, number>();
  let busy = 0;
  for (const [index, sample] of main.samples.entries()) {
    const frame = byId.get(sample);
    if (frame === undefined || frame.functionName === '(idle)' || frame.functionName === '(program)')
      continue;
    const part = PARTS.find(([, matches]) => matches(frame))?.[0] ?? 'native and other';
    const delta = main.timeDeltas[index] ?? 0;
    spent.set(part, (spent.get(part) ?? 0) + delta);
    busy += delta;
  }
  const shares = [...spent]
    .map(([part, us]) => ({ part, share: us / busy }))
    .toSorted((a, b) => b.share - a.share);
  return {
    busySeconds: busy / 1e6,
    shares,
    of: (part) => shares.find((entry) => entry.part === part)?.share ?? 0,
  };
}
