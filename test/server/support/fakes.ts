import type { Decisions } from '../../../src/decisions/decisions.js';
import type { Application } from '../../../src/server/grpc/services/all.js';
import type {
  CanaryReports,
  Controls,
  Keys,
  Lists,
  RuleSets,
  Shadows,
  Sites,
  Snoozes,
} from '../../../src/server/grpc/services/ports.js';
import { sampleRecord } from './records.js';

function notCalled(): never {
  throw new TypeError('a raw error: not expected in this test');
}

/** Answers every payment and event at once, counting up; what a test changes replaces a method. */
export function fakeDecisions(change: Partial<Decisions> = {}): Decisions {
  let seq = 0;
  return {
    screen: async (input) => ({
      record: sampleRecord({ requestId: input.requestId, site: input.payment.site, seq: ++seq }),
      repeated: false,
    }),
    record: async (input) => ({ eventId: input.eventId, seq: ++seq, repeated: false }),
    get: notCalled,
    list: notCalled,
    explain: notCalled,
    replay: notCalled,
    precision: notCalled,
    ...change,
  };
}

/** An application of fakes. */
export function fakeApplication(
  change: {
    readonly decisions?: Partial<Decisions>;
    readonly ruleSets?: Partial<RuleSets>;
    readonly shadows?: Partial<Shadows>;
    readonly canaries?: Partial<CanaryReports>;
    readonly lists?: Partial<Lists>;
    readonly sites?: Partial<Sites>;
    readonly snoozes?: Partial<Snoozes>;
    readonly controls?: Partial<Controls>;
    readonly keys?: Partial<Keys>;
  } = {},
): Application {
  return {
    decisions: fakeDecisions(change.decisions),
    ruleSets: {
      create: notCalled,
      validate: notCalled,
      version: notCalled,
      list: notCalled,
      versions: notCalled,
      diff: notCalled,
      activate: notCalled,
      rollBack: notCalled,
      deactivate: notCalled,
      putDraft: notCalled,
      draft: notCalled,
      drafts: notCalled,
      discardDraft: notCalled,
      commitDraft: notCalled,
      attachCases: notCalled,
      approve: notCalled,
      withdraw: notCalled,
      waive: notCalled,
      proof: notCalled,
      owed: notCalled,
      startShadow: notCalled,
      stopShadow: notCalled,
      startCanary: notCalled,
      stopCanary: notCalled,
      publications: notCalled,
      ...change.ruleSets,
    },
    shadows: { report: notCalled, differences: notCalled, ...change.shadows },
    canaries: { report: notCalled, ...change.canaries },
    lists: {
      create: notCalled,
      list: notCalled,
      update: notCalled,
      delete: notCalled,
      changes: notCalled,
      history: notCalled,
      readers: notCalled,
      add: notCalled,
      remove: notCalled,
      check: notCalled,
      entries: notCalled,
      import: notCalled,
      export: notCalled,
      ...change.lists,
    },
    controls: { set: notCalled, off: notCalled, list: notCalled, ...change.controls },
    snoozes: { create: notCalled, end: notCalled, list: notCalled, ...change.snoozes },
    listDecisions: notCalled,
    sites: {
      putSite: notCalled,
      site: notCalled,
      listSites: notCalled,
      putMerchant: notCalled,
      merchant: notCalled,
      listMerchants: notCalled,
      ...change.sites,
    },
    keys: { create: notCalled, list: notCalled, revoke: notCalled, ...change.keys },
  };
}
