import { describeStore } from '../../conformance/suite.ts';
import { openMediumWith } from './medium.ts';
import { openOwnKv } from './own-kv.ts';

describeStore({
  traits: {
    name: 'deno-kv',
    compareAndSwap: true,
    sharedBetweenProcesses: true,
    durable: true,
    readAfterWrite: true,
    distinctVersions: true,
    conditionalDelete: true,
    labels: true,
  },
  open: () => openMediumWith(openOwnKv),
});
