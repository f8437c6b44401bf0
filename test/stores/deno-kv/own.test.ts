import { describe } from 'vitest';
import { countChanges } from '../../../functions/deno/change-count.ts';
import { describeStore } from '../../conformance/suite.ts';
import { openMediumWith } from './medium.ts';
import { openOwnKv } from './own-kv.ts';

const TRAITS = {
  name: 'deno-kv',
  compareAndSwap: true,
  sharedBetweenProcesses: true,
  durable: true,
  readAfterWrite: true,
  distinctVersions: true,
  conditionalDelete: true,
  labels: true,
};

describe('on a database whose changes are counted', () => {
  describeStore({ traits: TRAITS, open: () => openMediumWith(openOwnKv, countChanges) });
});

describe('on a database alone', () => {
  describeStore({ traits: TRAITS, open: () => openMediumWith(openOwnKv) });
});
