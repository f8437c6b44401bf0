import { describeStore } from '../conformance/suite.ts';
import { openOwnKv } from '../support/deno-own-kv.ts';
import { openMediumWith } from './deno-kv-medium.ts';

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
