import { describeStore } from '../conformance/suite.ts';
import { KEYS, openShardMedium } from './shards/shard-world.ts';

describeStore({
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
});
