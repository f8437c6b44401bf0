import { describeLargestState } from '../conformance/largest.ts';
import type { Driver } from '../conformance/medium.ts';
import { describeStore } from '../conformance/suite.ts';
import { createFakeS3, FAKE_ADDRESS } from '../support/s3/fake.ts';
import { openS3 } from '../support/s3/open-s3.ts';

// The emulation of R2 is too slow for all of it: `s3/emulation.test.ts` has what depends on the server.
const driver: Driver = {
  traits: {
    name: 's3',
    compareAndSwap: true,
    sharedBetweenProcesses: true,
    durable: true,
    readAfterWrite: true,
    distinctVersions: false,
    conditionalDelete: false,
    labels: true,
  },
  open: async () => {
    const { fetch } = createFakeS3();
    const open = () => openS3(FAKE_ADDRESS, { fetch, prefix: 'of/jobs/' });
    return { left: open(), right: open(), stranger: async () => open(), destroy: async () => {} };
  },
};

describeStore(driver);
describeLargestState(driver);
