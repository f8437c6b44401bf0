import { tmpdir } from 'node:os';
import { describeLargestState } from '../conformance/largest.ts';
import type { Driver } from '../conformance/medium.ts';
import { describeStore } from '../conformance/suite.ts';
import { makeStateFolder } from './state-folder.ts';

const driver: Driver = {
  traits: {
    name: 'file',
    compareAndSwap: true,
    sharedBetweenProcesses: true,
    durable: true,
    readAfterWrite: true,
    distinctVersions: true,
    conditionalDelete: true,
    labels: false,
  },
  open: async () => {
    const folder = await makeStateFolder(tmpdir());
    return {
      left: await folder.open(),
      right: await folder.open(),
      stranger: () => folder.open(),
      destroy: () => folder.destroy(),
    };
  },
};

describeStore(driver);
describeLargestState(driver);
