import { createMemoryJournal } from '../../src/rehearsal/memory-journal.js';
import type { TestStore } from '../storage/contract/factory.js';
import { journalContract } from '../storage/contract/journal.js';

journalContract({
  name: 'memory, for rehearsals',
  shared: false,
  create: async () => {
    const journal = createMemoryJournal();
    return {
      open: async () => ({ journal, close: async () => undefined }) as unknown as TestStore,
      appender: [],
      drop: async () => undefined,
    };
  },
});
