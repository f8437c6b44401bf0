import { afterAll } from 'vitest';
import { createR2Store } from '../../lib/stores/r2.ts';
import { describeStore } from '../conformance/suite.ts';
import { openBuckets } from './r2/bucket.ts';

const buckets = await openBuckets();

afterAll(() => buckets.stop());

describeStore({
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
    const bucket = await buckets.next();
    const open = () => createR2Store({ bucket });
    return {
      left: open(),
      right: open(),
      stranger: async () => open(),
      destroy: async () => {},
    };
  },
});
