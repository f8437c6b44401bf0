import { describe } from 'vitest';
import { describeLargestState } from '../conformance/largest.ts';
import type { Driver } from '../conformance/medium.ts';
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
  const driver: Driver = {
    traits: { ...TRAITS, sharedBetweenProcesses: false, durable: false },
    open: openShimMedium,
  };
  describeStore(driver);
  describeLargestState(driver);
});

describe('on a file of @deno/kv', () => {
  const driver: Driver = {
    traits: { ...TRAITS, sharedBetweenProcesses: true, durable: true },
    open: openFileMedium,
  };
  describeStore(driver);
  describeLargestState(driver);
});
