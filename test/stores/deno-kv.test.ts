import { describe } from 'vitest';
import { describeStore } from '../conformance/suite.ts';
import { openFileMedium, openShimMedium } from './deno-kv/medium.ts';

const TRAITS = {
  name: 'deno-kv',
  compareAndSwap: true,
  readAfterWrite: true,
  distinctVersions: true,
  conditionalDelete: true,
  labels: true,
};

describe('on the in-memory KV', () => {
  describeStore({
    traits: { ...TRAITS, sharedBetweenProcesses: false, durable: false },
    open: openShimMedium,
  });
});

describe('on a file of @deno/kv', () => {
  describeStore({
    traits: { ...TRAITS, sharedBetweenProcesses: true, durable: true },
    open: openFileMedium,
  });
});
