import type {
  CanaryLook,
  CanaryPart,
  CanaryRun,
  CanaryStore,
  RunName,
} from '../../../src/decisions/canary/canary-store.js';

/** A store of canary runs in memory. */
export function memoryCanaries(): CanaryStore {
  const runs = new Map<
    string,
    { readonly run: CanaryRun; latest: CanaryLook | undefined; readonly parts: Map<string, CanaryPart> }
  >();
  const nameOf = ({ ruleSet, since }: RunName): string => `${ruleSet}/${since}`;
  return {
    async begin(run) {
      if (!runs.has(nameOf(run))) runs.set(nameOf(run), { run, latest: undefined, parts: new Map() });
    },
    async count(name, part) {
      const parts = runs.get(nameOf(name))?.parts;
      if ((parts?.get(part.instance)?.number ?? 0) < part.number) parts?.set(part.instance, part);
    },
    async read(name) {
      const found = runs.get(nameOf(name));
      return found && { run: found.run, latest: found.latest, parts: [...found.parts.values()] };
    },
    async look(name, look, before) {
      const found = runs.get(nameOf(name));
      if (found === undefined || (found.latest?.look ?? 0) !== before) return 'stale';
      found.latest = look;
      return 'kept';
    },
  };
}
