import { createMovingStore } from '../../lib/stores/moving.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import { describeStore } from '../conformance/suite.ts';
import { openShardWorld } from './shards/shard-world.ts';

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
  open: async () => {
    const world = openShardWorld();
    const open = () =>
      createMovingStore({
        from: createR2Store({ bucket: world.bucket }),
        to: world.open(),
        stays: 'jobs',
        startsAtMs: 0,
        nowMs: () => world.nowMs(),
        labelOf: () => undefined,
      });
    return {
      left: open(),
      right: open(),
      stranger: async () => open(),
      destroy: async () => world.close(),
    };
  },
});
