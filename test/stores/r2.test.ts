import { afterAll } from 'vitest';
import { createR2Store } from '../../lib/stores/r2.ts';
import { describeLargestState } from '../conformance/largest.ts';
import type { Driver } from '../conformance/medium.ts';
import { describeStore } from '../conformance/suite.ts';
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
