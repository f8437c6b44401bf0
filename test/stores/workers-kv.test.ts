import { afterAll } from 'vitest';
import { createWorkersKvStore } from '../../lib/stores/workers-kv.ts';
import { describeStore } from '../conformance/suite.ts';
import { startMiniflare } from './miniflare.ts';

const emulation = await startMiniflare();

afterAll(() => emulation.stop());

// The emulation shows every write at once, which the medium does not: so the suite can ask here what it asks of
// every store. What becomes of the answers when the medium lags is in workers-kv-lag.test.ts.
describeStore({
  traits: {
    name: 'workers-kv',
    compareAndSwap: false,
    sharedBetweenProcesses: true,
    durable: true,
    readAfterWrite: false,
    distinctVersions: true,
    conditionalDelete: false,
    labels: true,
  },
  open: async () => {
    const open = () => createWorkersKvStore({ namespace: emulation.namespace });
    return {
      left: open(),
      right: open(),
      stranger: async () => open(),
      destroy: () => emulation.clear(),
    };
  },
});
