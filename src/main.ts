import { setFlagsFromString } from 'node:v8';
import { pino, type Logger } from 'pino';
import type { Config, StoreConfig } from './config/config.js';
import { CanaryCounts } from './decisions/canary/canary-counts.js';
import { createCanaryGuard } from './decisions/canary/canary-guard.js';
import { createCanaryReports } from './decisions/canary/canary-report.js';
import { openDecisions, type DecisionService } from './decisions/decision-service.js';
import { logText } from './errors/error-text.js';
import { TollgateError } from './errors/errors.js';
import { FACT_CATALOGUE, RULE_VOCABULARY } from './facts/catalogue.js';
import { createAttributeHash } from './facts/attributes/values.js';
import { createKeyHash } from './facts/attributes/key-hash.js';
import { ListIndex } from './facts/lists/list-index.js';
import { ShadowQueue } from './decisions/shadow/shadow-queue.js';
import { createShadowReports } from './decisions/shadow/shadow-reports.js';
import { createListReaders } from './facts/lists/list-readers.js';
import { listsRead } from './facts/lists/lists-read.js';
import { createListsService } from './facts/lists/lists-service.js';
import { createListValueReader } from './facts/lists/normalise-value.js';
import { createPhoneReader } from './facts/normalise/phone.js';
import { createListDecisions } from './decisions/read-side/list-decisions.js';
import { createRuleSets } from './rules/rule-set-service.js';
import { stagesOf } from './rules/versions/stages.js';
import { readAssets, type Assets } from './serve/assets.js';
import { startBackground } from './serve/background.js';
import { caseRunner } from './serve/case-runner.js';
import { decisionOptions, TUNING, type Tuning } from './serve/decision-options.js';
import { followRules } from './serve/follow-rules.js';
import { followStore } from './serve/follow-store.js';
import { callersOf, identitiesText, keysOf, mustLetSomebodyIn } from './serve/identities.js';
import { endInTurn, type Part } from './serve/in-time.js';
import { exceptionsOf } from './serve/exceptions.js';
import { owedEvidence } from './serve/owed-evidence.js';
import { patiently, type Patient } from './serve/patiently.js';
import { seedWhenEmpty } from './serve/seed-when-empty.js';
import { startHttp } from './serve/start-http.js';
import type { Store } from './serve/store.js';
import { openTlsFiles, type TlsFiles } from './serve/tls-files.js';
import { storeAddress } from './serve/store-address.js';
import { checkStoreFile } from './serve/store-file.js';
import { watchCertificates } from './serve/watch-certificates.js';
import { watchStore } from './serve/store-watch.js';
import { storeProblem } from './serve/store-problem.js';
import { serviceObserver } from './serve/service-log.js';
import { TlsCredentials } from './server/grpc/tls-credentials.js';
import { startGrpcServer, type GrpcServer } from './server/grpc/server.js';
import { bindAll } from './server/grpc/services/all.js';
import { createMetrics } from './server/metrics.js';
import { createSites } from './sites/site-service.js';
import { openMongoStore } from './storage/mongo/open.js';
import { openSqliteStore } from './storage/sqlite/store.js';
import { REAL_WORLD } from './world/real-world.js';
import type { World } from './world/world.js';

/** A running Tollgate. */
export interface Service {
  /** HOST:PORT, the real port. */
  readonly grpcAddress: string;
  readonly httpAddress: string;
  /** Which store, without password. */
  readonly store: string;
  /** Whether callers are asked who they are, in words. */
  readonly identities: string;
  /** Rule sets made active by this start, on a store that was empty. */
  readonly seeded: readonly string[];
  readonly decisions: DecisionService;
  /**
   * Refuses new calls, ends those under way for at most `graceMs`, closes the store. Rejects when something did not end
   * in time and was left behind; what was acknowledged is kept even so.
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * How V8 collects. The heap is collected when it is twice what lives; V8 would wait for three to four times, for a few
 * percent less CPU time. And every object begins young: where most of what one place of the code made has lived long, V8
 * would make what comes from there old at once, and an old object, also a dead one, keeps the young ones it points to
 * until the whole heap is collected. Under load that kept whole decisions, for a sixth of the CPU time of a streamed one.
 */
const COLLECTOR = ['--heap-growing-percent=100', '--no-allocation-site-pretenuring'];
/** How long shadow work that waits is still done at the end, ms. */
const SHADOW_MS = 1_000;
/** How long each part may take to end, ms. */
const CLOSE_MS = 15_000;

/** Starts Tollgate: the one place where everything is put together. Throws ConfigProblem or what the store says. */
export async function startService(
  config: Config,
  world: World = REAL_WORLD,
  tuning: Tuning = TUNING,
): Promise<Service> {
  const log = pino(
    { level: config.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination(2),
  );
  for (const flag of COLLECTOR) setFlagsFromString(flag);
  const assets = readAssets(config);
  const tls = config.tls && openTlsFiles(config.tls);
  const store = await openStore(config.store, world);
  try {
    return await serve({ config, tuning, world, log, assets, tls, store });
  } catch (error) {
    await store.close();
    const away = error instanceof TollgateError && error.code === 'STORE_UNAVAILABLE';
    throw away ? storeProblem(storeAddress(config.store), error) : error;
  }
}

/** What a service is made of. */
interface Parts {
  readonly config: Config;
  readonly tuning: Tuning;
  readonly world: World;
  readonly log: Logger;
  readonly assets: Assets;
  readonly tls: TlsFiles | undefined;
  readonly store: Store;
}

async function serve({ config, tuning, world, log, assets, tls, store }: Parts): Promise<Service> {
  let decisions: DecisionService | undefined;
  let shadowing: ShadowQueue | undefined;
  let openSnoozes = (): number => 0;
  let grpc: GrpcServer | undefined;
  const watch = watchStore(store.health, world.timers, (up, changed, reason) => {
    if (changed)
      log.warn({ store: storeAddress(config.store), reason }, up ? 'the store is back' : 'the store is away');
    grpc?.setServing(up);
  });
  const metrics = createMetrics({
    queueDepth: () => decisions?.inFlight ?? 0,
    shadowDepth: () => shadowing?.depth ?? 0,
    storeUp: watch.up,
    openSnoozes: () => openSnoozes(),
    owedEvidence: () => owed.count(),
    insecureListen: () => config.insecureListen,
    residentBytes: () => process.memoryUsage.rss(),
    cpuSeconds: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
  });
  const owed = owedEvidence(() => ruleSets, log);
  const counts = new CanaryCounts();
  const observer = serviceObserver(metrics, log, config.logSample, counts);
  const patient: Patient = (step) =>
    patiently(world, step, (error) =>
      log.warn({ error: logText(error) }, 'the store cannot be used yet: trying again'),
    );

  const keys = keysOf(store.keys, world);
  await patient(() => keys.refresh());
  mustLetSomebodyIn(config, keys);
  const callers = callersOf(config, keys, world, (why) => metrics.refusedCaller(why));
  const sites = createSites(store.sites, config.defaultSite);
  await patient(() => sites.refresh());
  const hash = createKeyHash(store.journal.hashKey);
  const readPhone = createPhoneReader();
  const readValue = createListValueReader(readPhone);
  const listIndex = new ListIndex(hash, () => new Promise<void>((resolve) => world.timers.soon(resolve)));
  const listReaders = createListReaders(store.rules, stagesOf(store.rules));
  const lists = createListsService({
    store: store.lists,
    index: listIndex,
    normalise: readValue,
    now: () => world.clock.now(),
    readers: (list) => listReaders.of(list),
  });
  await patient(() => lists.refresh());
  const attributeOf = createAttributeHash(hash, readPhone);
  const exceptions = exceptionsOf({ store, world, attributeOf, kindOf: (list) => listIndex.kindOf(list) });
  const { snoozes, controls, isEmbargo } = exceptions;
  openSnoozes = () => snoozes.open();
  await patient(() => Promise.all([snoozes.refresh(), controls.refresh()]));
  shadowing = new ShadowQueue({
    store: store.shadows,
    storeUp: watch.up,
    isEmbargo,
    world,
    observer: metrics,
    failed: (error) => observer.backgroundFailed('shadow', error),
    room: tuning.shadowRoom,
    differences: tuning.shadowDifferences,
  });
  const wanted = {
    config,
    tuning,
    world,
    assets,
    store,
    sites,
    lists,
    snoozes: exceptions.snoozed,
    controls: exceptions.controlled,
    observer,
    shadowing,
    hash,
    readPhone,
  };
  decisions = await patient(() => openDecisions(decisionOptions(wanted)));
  const rules = followRules(
    () => ruleSets,
    decisions,
    (site) => sites.siteOf(site).site.group,
    counts,
  );
  const follow = followStore({ lists, others: [sites, keys, snoozes, controls], rules }, world.timers);
  const ruleSets = createRuleSets({
    store: store.rules,
    catalogue: FACT_CATALOGUE,
    ...RULE_VOCABULARY,
    lists: async () => lists.types(),
    keepLists: (document, work) => lists.keep([...listsRead(document).keys()], work),
    now: () => world.clock.now(),
    development: config.identities === 'development',
    runCases: caseRunner({ world, store: store.rules, lists }),
    changed: follow.published,
  });
  await patient(rules);
  const seeded = await seedWhenEmpty({ config, patient, lists, readValue, log }, ruleSets);
  await patient(follow.whole);
  await patient(() => owed.look());
  // Whoever asks first must not be refused for what lapsed while nothing ran.
  const expire = (): Promise<number> => store.limits.expire(world.clock.now());
  await patient(expire);

  const canaries = createCanaryGuard({
    counts,
    store: store.canaries,
    ruleSets,
    instance: nameOf(world, 8),
    now: () => world.clock.now(),
    rolledBack: (run, why) => observer.canaryRolledBack(run, why),
  });

  const credentials = tls && new TlsCredentials(tls);
  grpc = await startGrpcServer({
    listen: config.listen,
    callers,
    ...(credentials && { credentials }),
    services: bindAll(
      {
        decisions,
        ruleSets,
        shadows: createShadowReports({
          store: store.shadows,
          versions: store.rules,
          baseCurrency: assets.rates.base,
        }),
        canaries: createCanaryReports(store.canaries, store.rules),
        lists,
        sites,
        keys,
        snoozes,
        controls,
        listDecisions: createListDecisions(store.journal, listReaders),
      },
      {
        reference: () => nameOf(world, 6),
        unexpected: (error, reference) => log.error({ reference, error: logText(error) }, 'unexpected error'),
        answered: (code) => metrics.answered(code),
      },
    ),
    timers: world.timers,
  });
  const http = await startHttp({ config, metrics, log, store: watch, callers, tls }, grpc);
  grpc.setServing(true);

  const background = startBackground(world.timers, {
    store: watch,
    follow: follow.soon,
    changes: tuning.watchChanges ? store.changes : undefined,
    followMs: tuning.followMs,
    canaries: () => canaries.step(),
    owed: () => owed.look(),
    expire,
    keys,
    failed: (task, error) => observer.backgroundFailed(task, error),
  });

  const certificates = tls && watchCertificates(tls, world.timers, metrics, log);
  const open = { decisions, shadowing, grpc };
  return {
    grpcAddress: grpc.address,
    httpAddress: http.address,
    store: storeAddress(config.store),
    identities: identitiesText(config),
    seeded,
    decisions,
    async close(graceMs = 5_000) {
      credentials?.stop();
      // To the minute they are written down already.
      const uses = keys.writeUses().catch(() => undefined);
      const stopped = Promise.all([background.stop(), certificates?.stop(), uses]);
      // Streams first: what was read of them is still decided, and the sender knows where to go on.
      const answered = open.grpc.close(graceMs);
      const decided = open.decisions.close();
      decided.catch(() => undefined);
      // Bounded by itself.
      await answered;
      const parts: readonly Part[] = [
        ['background work', () => stopped],
        ['calls under way', () => decided],
        ['shadows', () => open.shadowing.close(SHADOW_MS)],
        ['canary counts', () => canaries.keep()],
        ['HTTP', () => http.close()],
        ['the store', () => store.close()],
      ];
      await endInTurn(parts, world.timers, CLOSE_MS);
    },
  };
}

/** A random name of so many bytes. */
function nameOf(world: World, bytes: number): string {
  return Buffer.from(world.randomBytes(bytes)).toString('hex');
}

async function openStore(config: StoreConfig, world: World): Promise<Store> {
  try {
    if (config.kind === 'mongodb') return await openMongoStore({ uri: config.uri, world });
    checkStoreFile(config.file);
    return await openSqliteStore({ file: config.file, world });
  } catch (error) {
    throw storeProblem(storeAddress(config), error);
  }
}
