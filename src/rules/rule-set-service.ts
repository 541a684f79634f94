import { TollgateError } from '../errors/errors.js';
import { followed } from '../errors/store-unavailable.js';
import { decodeToken, encodeToken, pageOf } from '../paging/paging.js';
import { documentHash } from './document/canonical.js';
import type { FactCatalogue } from './catalogue.js';
import { checkRuleSetText, type TextCheckContext } from './check/text.js';
import { checkRuleSet } from './check/check.js';
import { diffRuleSets } from './versions/diff.js';
import type { RuleSetDocument } from './document/document.js';
import { versionBefore } from './versions/roll-back.js';
import { invalidDocument, stale, staleHash } from './rule-set-errors.js';
import type { PublishInput, RuleSetInfo, RuleSets, Validation, VersionInfo } from './rule-sets.js';
import type { Activation, Publication, RuleVersionStore, StoredVersion } from './version-store.js';

/** Publications that are read at a time: few roll-backs need more. */
const PAGE = 100;
/** Of changes of one set at once, one gets through in each try. */
const TRIES = 30;

/** What the service needs from outside. */
export interface RuleSetsOptions {
  readonly store: RuleVersionStore;
  readonly catalogue: FactCatalogue;
  /** Attributes that a limit's key may be made of. */
  readonly attributes: ReadonlySet<string>;
  /** The currencies that caps of limits may be in. */
  readonly currencies: ReadonlySet<string>;
  /** What no document may hold. */
  readonly holdsCardNumber: (text: string) => boolean;
  /** The lists that documents may name, with their types. */
  readonly lists: () => Promise<ReadonlyMap<string, { readonly type: string }>>;
  /** Does some work during which none of the lists that a document reads goes away. Left out: lists never do. */
  readonly keepLists?: <T>(document: RuleSetDocument, work: () => Promise<T>) => Promise<T>;
  readonly now: () => number;
  /**
   * Called after anything became active or inactive here, before the call is answered. It may fail with
   * STORE_UNAVAILABLE: what was published is published, and the instance has to follow later, as the others do.
   */
  readonly changed: () => Promise<void>;
}

/** Rule sets over a store. */
export function createRuleSets(options: RuleSetsOptions): RuleSets {
  const { store } = options;

  async function activationOf(ruleSet: string): Promise<Activation> {
    const all = await store.activations();
    return all.find((activation) => activation.ruleSet === ruleSet) ?? { ruleSet, version: 0, revision: 0 };
  }

  async function newest(ruleSet: string): Promise<StoredVersion | undefined> {
    return (await store.versions(ruleSet, 1, undefined))[0];
  }

  async function read(
    ruleSet: string,
    wanted: number,
  ): Promise<{ readonly stored: StoredVersion; readonly info: VersionInfo }> {
    const activation = await activationOf(ruleSet);
    const number = wanted === 0 ? activation.version : wanted;
    const stored = number === 0 ? undefined : await store.get(ruleSet, number);
    if (stored !== undefined) return { stored, info: infoOf(stored, activation) };
    if ((await newest(ruleSet)) === undefined)
      throw new TollgateError('RULE_SET_NOT_FOUND', `no rule set is named ${ruleSet}`);
    const what = wanted === 0 ? 'no active version' : `no version ${wanted}`;
    throw new TollgateError('VERSION_NOT_FOUND', `rule set ${ruleSet} has ${what}`);
  }

  async function newestKnown(ruleSet: string): Promise<StoredVersion> {
    const latest = await newest(ruleSet);
    if (latest === undefined)
      throw new TollgateError('RULE_SET_NOT_FOUND', `no rule set is named ${ruleSet}`);
    return latest;
  }

  /** Of publications at once that name no revision the last one counts; a roll-back would take back what it never saw. */
  async function publish(
    input: PublishInput,
    step: Publication['step'],
    target: (activation: Activation) => Promise<number>,
  ): Promise<RuleSetInfo> {
    const tries = input.revision === undefined && step !== 'roll-back' ? TRIES : 1;
    for (let left = tries - 1; ; left--) {
      const published = await tryToPublish(input, step, target);
      if (published !== 'stale') return published;
      if (left === 0) throw stale(input.ruleSet, await activationOf(input.ruleSet));
    }
  }

  async function tryToPublish(
    input: PublishInput,
    step: Publication['step'],
    target: (activation: Activation) => Promise<number>,
  ): Promise<RuleSetInfo | 'stale'> {
    const activation = await activationOf(input.ruleSet);
    const latest = await newestKnown(input.ruleSet);
    if (input.revision !== undefined && input.revision !== activation.revision)
      throw stale(input.ruleSet, activation);
    const to = await target(activation);
    if (to === activation.version && step === 'activate') return summaryOf(activation, latest);
    const publication = (): Promise<'published' | 'stale'> =>
      store.publish({
        ruleSet: input.ruleSet,
        revision: activation.revision + 1,
        from: activation.version,
        to,
        actor: input.actor,
        reason: input.reason,
        at: options.now(),
        step,
      });
    const published = to === 0 ? await publication() : await holding(input.ruleSet, to, publication);
    if (published === 'stale') return 'stale';
    // From here on nothing may be asked of the store that could make a failure of what is done already.
    await followed(options.changed());
    return summaryOf({ ruleSet: input.ruleSet, version: to, revision: activation.revision + 1 }, latest);
  }

  /**
   * A version checked by an earlier release may name what this one does not know, and lists may have been deleted since: it
   * must not replace a running one. What it names stays until `publish` has ended.
   */
  async function holding<T>(ruleSet: string, version: number, publish: () => Promise<T>): Promise<T> {
    const stored = await store.get(ruleSet, version);
    if (stored === undefined)
      throw new TollgateError('VERSION_NOT_FOUND', `rule set ${ruleSet} has no version ${version}`);
    const work = async (): Promise<T> => {
      const { findings } = checkRuleSet(stored.document, await known());
      if (findings.some(({ severity }) => severity === 'error')) throw invalidDocument(findings, 'version');
      return await publish();
    };
    return await (options.keepLists === undefined ? work() : options.keepLists(stored.document, work));
  }

  /** The log of a rule set, newest first. */
  async function* publications(ruleSet: string): AsyncGenerator<Publication> {
    let before: number | undefined;
    do {
      const page: readonly Publication[] = await store.publications(ruleSet, PAGE, before);
      yield* page;
      before = page.length < PAGE ? undefined : page.at(-1)?.revision;
    } while (before !== undefined);
  }

  async function before({ ruleSet, version }: Activation): Promise<number> {
    const earlier = await versionBefore(version, publications(ruleSet));
    if (earlier === undefined)
      throw new TollgateError('NOTHING_TO_ROLL_BACK', `rule set ${ruleSet} has no earlier active version`);
    return earlier;
  }

  async function known(): Promise<TextCheckContext> {
    const { catalogue, attributes, currencies, holdsCardNumber } = options;
    return { catalogue, attributes, currencies, holdsCardNumber, lists: await options.lists() };
  }

  async function validate(text: string): Promise<Validation & { readonly document?: RuleSetDocument }> {
    const { document, findings } = checkRuleSetText(text, await known());
    return document === undefined
      ? { valid: false, findings, hash: '' }
      : { valid: true, findings, hash: documentHash(document), document };
  }

  return {
    async validate(text) {
      const { valid, findings, hash } = await validate(text);
      return { valid, findings, hash };
    },

    async create({ document: text, author, comment, expectedLatestHash }) {
      const { document, findings, hash } = await validate(text);
      if (document === undefined) throw invalidDocument(findings, 'document_json');
      for (let tries = 1; ; tries++) {
        const latest = await newest(document.id);
        const activation = await activationOf(document.id);
        if (expectedLatestHash !== '' && expectedLatestHash !== (latest?.hash ?? ''))
          throw staleHash(document.id, latest);
        if (latest !== undefined && latest.hash === hash)
          return { version: infoOf(latest, activation), warnings: findings, created: false };
        const version: StoredVersion = {
          ruleSet: document.id,
          version: (latest?.version ?? 0) + 1,
          hash,
          document,
          author,
          comment,
          createdAt: options.now(),
        };
        if ((await store.create(version, latest?.version ?? 0)) === 'created')
          return { version: infoOf(version, activation), warnings: findings, created: true };
        // Somebody else was first: whether that matters, only the newest version can tell.
        if (tries === TRIES)
          throw new TollgateError('STALE_ETAG', `others keep storing versions of ${document.id}; try again`);
      }
    },

    async version(ruleSet, wanted) {
      const { stored, info } = await read(ruleSet, wanted);
      return { info, document: JSON.stringify(stored.document) };
    },

    async list(query) {
      const activations = new Map(
        (await store.activations()).map((activation) => [activation.ruleSet, activation]),
      );
      const page = pageOf(await store.ruleSets(), ({ ruleSet }) => ruleSet, query);
      const items = page.items.map(async ({ ruleSet }) =>
        summaryOf(
          activations.get(ruleSet) ?? { ruleSet, version: 0, revision: 0 },
          await newestKnown(ruleSet),
        ),
      );
      return { items: await Promise.all(items), next: page.next };
    },

    async versions(ruleSet, { size, token }) {
      const activation = await activationOf(ruleSet);
      const older = token === '' ? undefined : numberIn(token);
      const versions = await store.versions(ruleSet, size + 1, older);
      if (versions.length === 0 && (await newest(ruleSet)) === undefined)
        throw new TollgateError('RULE_SET_NOT_FOUND', `no rule set is named ${ruleSet}`);
      const items = versions.slice(0, size).map((version) => infoOf(version, activation));
      const last = items.at(-1);
      return {
        items,
        next: versions.length > size && last !== undefined ? encodeToken(String(last.version)) : '',
      };
    },

    async diff(ruleSet, from, to) {
      const { stored: older } = await read(ruleSet, from);
      if (typeof to === 'number')
        return diffRuleSets(older.document, (await read(ruleSet, to)).stored.document);
      const { document, findings } = await validate(to.document);
      if (document === undefined) throw invalidDocument(findings, 'to_document_json');
      return diffRuleSets(older.document, document);
    },

    activate: (input) =>
      publish(input, 'activate', async () => (await read(input.ruleSet, input.version)).info.version),

    rollBack: (input) => publish(input, 'roll-back', before),

    deactivate: (input) =>
      publish(input, 'deactivate', async (activation) => {
        if (activation.version === 0) await read(input.ruleSet, 0);
        return 0;
      }),

    async active() {
      const activations = (await store.activations()).filter((activation) => activation.version > 0);
      const versions = await Promise.all(
        activations.map(async ({ ruleSet, version }) => {
          const stored = await store.get(ruleSet, version);
          // To go on without it would let through what it refuses.
          if (stored === undefined)
            throw new Error(`version ${version} of ${ruleSet} is active, but not stored`);
          return stored;
        }),
      );
      return {
        versions: versions.sort((a, b) => (a.ruleSet < b.ruleSet ? -1 : 1)),
        revision: activations
          .map(({ ruleSet, revision }) => `${ruleSet}:${revision}`)
          .sort()
          .join(' '),
      };
    },
  };
}

/** The version number in a page token. */
function numberIn(token: string): number {
  const key = decodeToken(token);
  if (/^[1-9]\d{0,14}$/.test(key)) return Number(key);
  const description = 'is not one that this call gave';
  throw new TollgateError('INVALID_REQUEST', `page_token: ${description}`, {
    violations: [{ field: 'page_token', description }],
  });
}

function summaryOf(activation: Activation, latest: StoredVersion): RuleSetInfo {
  return {
    id: activation.ruleSet,
    description: latest.document.description,
    owner: latest.document.owner,
    activeVersion: activation.version,
    latestVersion: latest.version,
    revision: activation.revision,
  };
}

function infoOf(version: StoredVersion, activation: Activation): VersionInfo {
  const { ruleSet, hash, author, comment, createdAt, document } = version;
  const active = activation.version === version.version;
  return {
    ruleSet,
    version: version.version,
    hash,
    author,
    comment,
    createdAt,
    active,
    rules: document.rules.length,
  };
}
