import { afterAll } from 'vitest';
import type { WorkersKvLike } from '../../lib/stores/workers-kv/namespace.ts';
import { createWorkersKvStore } from '../../lib/stores/workers-kv.ts';
import { describeLargestState } from '../conformance/largest.ts';
import type { Driver } from '../conformance/medium.ts';
import { describeStore } from '../conformance/suite.ts';
import { IS_WHOLE } from '../support/effort.ts';
import { openEmulation } from './emulation.ts';

/** In less than the whole suite pages are short: to put 1,001 values would take half of it. */
const PAGE_KEYS = IS_WHOLE ? 1_000 : 100;

const emulation = await openEmulation();
const namespace: WorkersKvLike = {
  ...emulation.namespace,
  list(options) {
    const limited = { ...options, limit: PAGE_KEYS };
    return emulation.namespace.list(limited);
  },
};

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
  pageKeys: PAGE_KEYS,
  open: async () => {
    const open = () => createWorkersKvStore({ namespace });
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
