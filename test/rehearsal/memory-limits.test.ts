import { createMemoryLimits } from '../../src/rehearsal/memory-limits.js';
import { limitsContract } from '../storage/contract/limits.js';

limitsContract({
  name: 'memory',
  shared: true,
  async create() {
    const limits = createMemoryLimits();
    const nothing = async (): Promise<void> => undefined;
    return { open: async () => ({ limits, close: nothing }), drop: nothing };
  },
});
