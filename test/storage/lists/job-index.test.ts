import { describe, expect, it } from 'vitest';
import { summarize } from '../../../lib/storage/job-summary.ts';
import { createJobIndex, type Indexed } from '../../../lib/storage/lists/job-index.ts';
import type { Change, Version } from '../../../lib/store.ts';
import { aHeldJob } from '../../support/lease.ts';

const SUMMARY = summarize(aHeldJob(), 'v' as Version);

/** An index of so many jobs, and a way to change what its follower reports next. */
function makeIndex(count: number) {
  let changes: Change[] = Array.from({ length: count }, (_, index) => changeOf(index));
  let isFailing = false;
  const index = createJobIndex({
    follower: {
      async *poll() {
        yield* changes.splice(0);
      },
    },
    read: ({ key }): Indexed => {
      if (isFailing) {
        isFailing = false;
        throw new Error('no answer');
      }
      const job_id = key.slice('jobs/'.length, -'.json'.length);
      return { kind: 'job', summary: { ...SUMMARY, job_id } };
    },
  });
  return {
    index,
    failNext: () => {
      isFailing = true;
    },
    report: (change: Change) => {
      changes = [change];
    },
  };
}

function changeOf(index: number): Change {
  const name = String(index).padStart(6, '0');
  return { kind: 'labelled', key: `jobs/${name}.json`, version: 'v' as Version, label: '' };
}

const PAGE = { after: null, ordering: 'newest', limit: 1, accepts: () => false } as const;

describe('page()', () => {
  it('lets the event loop run within a long search', async () => {
    const order = await makeIndex(6_000).index.current();
    const events: string[] = [];
    setTimeout(() => events.push('another request'), 0);
    await order.page(PAGE).then(() => events.push('page'));
    expect(events).toEqual(['another request', 'page']);
  });

  it('shows the jobs of the moment when the search began', async () => {
    const { index, report } = makeIndex(6_000);
    const before = await index.current();
    const keys: string[] = [];
    const accepts = ({ key }: { readonly key: string }) => {
      keys.push(key);
      return false;
    };
    const searching = before.page({ ...PAGE, accepts });
    report({ kind: 'removed', key: 'jobs/005999.json' });
    const after = await index.current();
    await searching;
    expect(new Set(keys).size).toBe(6_000);
    let left = 0;
    await after.visit(() => {
      left += 1;
    });
    expect(left).toBe(5_999);
  });
});

describe('current()', () => {
  it('leaves out a job that could not be read after its change, and keeps the others', async () => {
    const { index, report, failNext } = makeIndex(3);
    await index.current();
    report(changeOf(1));
    failNext();
    await expect(index.current()).rejects.toThrow('no answer');
    const keys: string[] = [];
    await (await index.current()).visit(({ key }) => keys.push(key));
    expect(keys).toEqual(['jobs/000002.json', 'jobs/000000.json']);
  });
});

describe('revision', () => {
  it('is another one after a change alone', async () => {
    const { index, report } = makeIndex(3);
    const { revision } = await index.current();
    expect((await index.current()).revision).toBe(revision);
    report(changeOf(1));
    expect((await index.current()).revision).not.toBe(revision);
  });
});
