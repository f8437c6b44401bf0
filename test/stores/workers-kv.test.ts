import { afterAll } from 'vitest';
import { createWorkersKvStore } from '../../lib/stores/workers-kv.ts';
import { describeLargestState } from '../conformance/largest.ts';
import type { Driver } from '../conformance/medium.ts';
import { describeStore } from '../conformance/suite.ts';
import { openEmulation } from './emulation.ts';

const emulation = await openEmulation();

afterAll(() => emulation.stop());

// The emulation shows every write immediately; the real medium does not. So the suite can test here what it tests on
// every store. workers-kv/lag.test.ts tests a medium that lags.
const driver: Driver = {
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
};

describeStore(driver);
describeLargestState(driver);
