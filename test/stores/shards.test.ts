import { describeLargestState } from '../conformance/largest.ts';
import type { Driver } from '../conformance/medium.ts';
import { describeStore } from '../conformance/suite.ts';
import { KEYS, openShardMedium } from './shards/shard-world.ts';

const driver: Driver = {
  traits: {
    name: 'durable-objects',
    compareAndSwap: true,
    sharedBetweenProcesses: true,
    durable: true,
    readAfterWrite: true,
    distinctVersions: false,
    conditionalDelete: false,
    labels: true,
  },
  open: () => openShardMedium(KEYS),
};

describeStore(driver);
describeLargestState(driver);
