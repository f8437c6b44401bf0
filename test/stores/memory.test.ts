import { createMemoryStore } from '../../lib/stores/memory.ts';
import { describeLargestState } from '../conformance/largest.ts';
import type { Driver } from '../conformance/medium.ts';
import { describeStore } from '../conformance/suite.ts';

const driver: Driver = {
  traits: {
    name: 'memory',
    compareAndSwap: true,
    sharedBetweenProcesses: false,
    durable: false,
    readAfterWrite: true,
    distinctVersions: true,
    conditionalDelete: true,
    labels: false,
  },
  open: async () => {
    // The medium is the memory of one store, so both handles are that store.
    const store = createMemoryStore();
    return {
      left: store,
      right: store,
      stranger: async () => createMemoryStore(),
      destroy: () => store.close(),
    };
  },
};

describeStore(driver);
describeLargestState(driver);
