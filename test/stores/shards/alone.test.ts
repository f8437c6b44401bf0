import { describe } from 'vitest';
import { describeStore } from '../../conformance/suite.ts';
import { KEYS, openShardMedium } from './shard-world.ts';

describe('what the shards hold', () => {
  describeStore({
    traits: {
      name: 'durable-objects',
      compareAndSwap: true,
      sharedBetweenProcesses: true,
      durable: true,
      readAfterWrite: true,
      distinctVersions: true,
      conditionalDelete: true,
      labels: true,
    },
    open: () => openShardMedium({ ...KEYS, listed: null }),
  });
});
