import { createMemoryStore } from '../../lib/stores/memory.ts';
import { describeStore } from '../conformance/suite.ts';

describeStore({
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
});
