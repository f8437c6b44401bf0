import { expect, it } from 'vitest';
import { createJobList, type JobListQuery } from '../../../lib/storage/lists/job-list.ts';
import { openJobShards } from '../../stores/store-kinds.ts';
import { openApp } from '../../support/app.ts';
import { frozenClock } from '../../support/clock.ts';

const JOBS = 12;

/** Twelve jobs; every page reads four of them at most. */
async function openList() {
  const clock = frozenClock();
  const store = await openJobShards(() => clock.millis());
  const app = openApp({ store, clock });
  for (let number = 0; number < JOBS; number += 1) {
    await app.create({ job_id: `job-${number}`, job_name: number % 6 === 0 ? 'rare' : 'other' });
    clock.advance(1);
  }
  const reader = { read: () => Promise.reject(new Error('No job is read')) };
  return createJobList({ store, reader: reader as never, mostSearched: 4 });
}

async function pagesOf(query: Omit<JobListQuery, 'cursor'>): Promise<string[][]> {
  const list = await openList();
  const pages: string[][] = [];
  let cursor: string | null = null;
  do {
    const page = await list.page({ ...query, cursor });
    if (!page.ok) throw new Error('The cursor is refused');
    pages.push(page.value.jobs.map(({ job_id: id }) => id));
    cursor = page.value.nextCursor;
  } while (cursor !== null);
  return pages;
}

it('a page ends where it has searched for long, and the next one continues there', async () => {
  expect(await pagesOf({ query: 'rare', limit: 2 })).toEqual([[], ['job-6'], ['job-0']]);
});

it('a search from the oldest ends and continues in the same way', async () => {
  const pages = await pagesOf({ query: 'rare', limit: 2, order: 'oldest' });
  expect(pages.flat()).toEqual(['job-0', 'job-6']);
  expect(pages.length).toBe(3);
});

it('a page of jobs that are all taken has as many as it is asked for', async () => {
  expect((await pagesOf({ limit: 3 })).map(({ length }) => length)).toEqual([3, 3, 3, 3]);
});
