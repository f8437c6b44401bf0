import { afterAll } from 'vitest';
import { createR2Store } from '../../lib/stores/r2.ts';
import { describeLargestState } from '../conformance/largest.ts';
import type { Driver } from '../conformance/medium.ts';
import { describeStore } from '../conformance/suite.ts';
import { IS_WHOLE } from '../support/effort.ts';
import { openEmulation } from './emulation.ts';

const emulation = await openEmulation();

afterAll(() => emulation.stop());

const driver: Driver = {
  traits: {
    name: 'r2',
    compareAndSwap: true,
    sharedBetweenProcesses: true,
    durable: true,
    readAfterWrite: true,
    distinctVersions: false,
    conditionalDelete: false,
    labels: true,
  },
  // A page of the emulation, with metadata: to put 1,001 objects would take a third of the suite.
  pageKeys: IS_WHOLE ? 1_000 : 100,
  open: async () => {
    const open = () => createR2Store({ bucket: emulation.bucket });
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
