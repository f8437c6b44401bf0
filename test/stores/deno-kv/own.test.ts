import { describe, expect, it } from 'vitest';
import { countChanges } from '../../../functions/deno/change-count.ts';
import { JOB_FOLDER, JOB_ORDERING } from '../../../lib/storage/job-summary.ts';
import { ABSENT } from '../../../lib/store.ts';
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

describe('page() on a database', () => {
  it('has the objects by their order, and the names of one order the other way round', async () => {
    const medium = await openMediumWith(openOwnKv, countChanges, JOB_ORDERING);
    const names = async (group: string | null, descending: boolean) => {
      const query = { group, after: null, before: null, descending, limit: 10 };
      const page = (await medium.left.ordered?.page(JOB_FOLDER, query)) ?? [];
      return page.map(({ key }) => key.slice('jobs/'.length));
    };
    const label = (second: number, status: string) =>
      JSON.stringify({ updated_at: `2026-01-01T00:00:0${second}Z`, status });
    await medium.left.put('jobs/b', new Uint8Array(), ABSENT, label(1, 'running'));
    await medium.left.put('jobs/bé', new Uint8Array(), ABSENT, label(1, 'failed'));
    await medium.left.put('jobs/a', new Uint8Array(), ABSENT, label(2, 'running'));
    await medium.left.put('jobs/none', new Uint8Array(), ABSENT);
    expect(await names(null, true)).toEqual(['none', 'a', 'b', 'bé']);
    expect(await names(null, false)).toEqual(['none', 'bé', 'b', 'a']);
    expect(await names('running', true)).toEqual(['a', 'b']);
    await medium.destroy();
  });
});
