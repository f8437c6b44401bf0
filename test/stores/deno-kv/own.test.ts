import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { countChanges } from '../../../functions/deno/change-count.ts';
import { JOB_FOLDER, JOB_ORDERING } from '../../../lib/storage/job-summary.ts';
import { ABSENT } from '../../../lib/store.ts';
import { describeStore } from '../../conformance/suite.ts';
import { IS_WHOLE } from '../../support/effort.ts';
import { makeLastingFolder } from '../../support/temporary-folder.ts';
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

// Node runs it in each run, on a database of `@deno/kv`.
describe.runIf(IS_WHOLE)('on a database alone', () => {
  describeStore({ traits: TRAITS, open: () => openMediumWith(openOwnKv) });
});

describe.each(['linux', 'win32'])('countChanges() on %s', platform => {
  it('has another number after each commit of any connection, and only then', async () => {
    const folder = await makeLastingFolder();
    const path = join(folder, 'kv.sqlite');
    const [kv, other] = [await openOwnKv(path), await openOwnKv(path)];
    const count = await countChanges(path, platform);
    const numbers = new Set<number | null | undefined>();
    // So many that SQLite begins its log again meanwhile.
    for (let nth = 0; nth < 100; nth++) {
      const changed = nth % 2 === 0 ? kv : other;
      await changed.set(['key'], new Uint8Array(60_000).fill(nth));
      const number = count?.();
      numbers.add(number);
      await kv.get(['key']);
      await other.get(['key']);
      expect(count?.()).toBe(number);
    }
    expect(numbers.size).toBe(100);
    expect(numbers).not.toContain(null);
    kv.close();
    other.close();
    await rm(folder, { recursive: true, force: true });
  });
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
