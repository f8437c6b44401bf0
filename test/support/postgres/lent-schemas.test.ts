import { expect, it } from 'vitest';
import { ABSENT } from '../../../lib/store.ts';
import { collect } from '../../conformance/write.ts';
import { beginTest } from './lent-schemas.ts';
import { createMemoryStore } from './memory.ts';
import { takeBackSchemas } from './shared-client.ts';

const BODY = new TextEncoder().encode('x');

it('takeBackSchemas() empties the stores of a test, and does nothing that these are asked for then', async () => {
  const earlier = createMemoryStore();
  const version = await earlier.put('jobs/a.json', BODY, ABSENT);
  await takeBackSchemas();
  beginTest();
  const later = createMemoryStore();
  void earlier.put('jobs/b.json', BODY, ABSENT);
  expect(await collect(later.list('jobs/'))).toEqual([]);
  // A test has the same versions in any order of the tests.
  expect(await later.put('jobs/a.json', BODY, ABSENT)).toBe(version);
});
