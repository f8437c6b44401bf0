import { describe, expect, it } from 'vitest';
import {
  extendPages,
  type FetchPage,
  FIRST_LIMIT,
  LIMIT,
  MOST_SHORT,
  refreshPages,
  rowsOf,
} from '../../functions/dashboard/state/job-pages.ts';
import type { JobRow } from '../../functions/dashboard/text/job-row.ts';

/** A service with so many jobs, newest first by their numbers. */
function serviceWith(count: number) {
  let ids = Array.from({ length: count }, (_, index) => count - index);
  const calls: string[] = [];
  const fetchPage: FetchPage = async ({ cursor, limit, etag }) => {
    const start = cursor === null ? 0 : ids.findIndex(id => id < Number(cursor));
    const begin = start < 0 ? ids.length : start;
    const part = ids.slice(begin, begin + limit);
    const tag = part.join();
    calls.push(`${cursor ?? 'first'}${etag === tag ? ' 304' : ''}`);
    if (etag === tag) return null;
    const next = begin + limit < ids.length ? String(part.at(-1)) : null;
    return { cursor, etag: tag, jobs: part.map(rowOf), corrupt: [], next };
  };
  return {
    fetchPage,
    calls,
    idsOf: (rows: readonly JobRow[]) => rows.map(({ job_id }) => Number(job_id)),
    /** The job is updated: it comes to the top under a new number. */
    touch(id: number) {
      ids = [Math.max(...ids) + 1, ...ids.filter(other => other !== id)];
    },
    ids: () => ids,
  };
}

function rowOf(id: number): JobRow {
  return { job_id: String(id) } as JobRow;
}

describe('refreshPages()', () => {
  it('loads the first page alone while nothing more is needed', async () => {
    const service = serviceWith(5_000);
    const pages = await refreshPages([], 0, service.fetchPage);
    expect(rowsOf(pages)).toHaveLength(FIRST_LIMIT);
    expect(service.calls).toEqual(['first']);
  });

  it('asks by the tags where nothing has changed', async () => {
    const service = serviceWith(5_000);
    const pages = await refreshPages([], FIRST_LIMIT + 1, service.fetchPage);
    expect(rowsOf(pages)).toHaveLength(FIRST_LIMIT + LIMIT);
    service.calls.length = 0;
    expect(await refreshPages(pages, FIRST_LIMIT + 1, service.fetchPage)).toBe(pages);
    expect(service.calls).toEqual(['first 304', '4901 304']);
  });

  it('has every job once and in order after one has come to the top', async () => {
    const service = serviceWith(3_000);
    const pages = await refreshPages([], 2_000, service.fetchPage);
    service.touch(1_500);
    const next = await refreshPages(pages, 2_000, service.fetchPage);
    const shown = service.idsOf(rowsOf(next));
    expect(shown).toEqual(service.ids().slice(0, shown.length));
    expect(shown.length).toBeGreaterThanOrEqual(2_000);
  });

  it('keeps pages that are not needed where their place has not moved, and drops them where it has', async () => {
    const service = serviceWith(5_000);
    const pages = await extendPages(
      await refreshPages([], 0, service.fetchPage),
      service.fetchPage,
    );
    expect(await refreshPages(pages, 10, service.fetchPage)).toHaveLength(2);
    service.touch(1);
    expect(await refreshPages(pages, 10, service.fetchPage)).toHaveLength(1);
  });

  it('ends at the end', async () => {
    const service = serviceWith(30);
    const pages = await refreshPages([], 1_000, service.fetchPage);
    expect(rowsOf(pages)).toHaveLength(30);
    expect(await extendPages(pages, service.fetchPage)).toBe(pages);
  });

  it('ends after some pages in which a long search has found nothing, and keeps those behind', async () => {
    const calls: (string | null)[] = [];
    const search: FetchPage = async ({ cursor }) => {
      calls.push(cursor);
      const next = String(Number(cursor ?? 0) + 1);
      return { cursor, etag: null, jobs: [], corrupt: [], next };
    };
    let pages = await refreshPages([], 50, search);
    expect(calls).toEqual([null, '1', '2']);
    expect(pages).toHaveLength(MOST_SHORT);
    pages = await extendPages(pages, search);
    calls.length = 0;
    expect(await refreshPages(pages, 50, search)).toHaveLength(MOST_SHORT + 1);
    expect(calls).toHaveLength(MOST_SHORT);
  });

  it('is empty for a store without jobs', async () => {
    expect(rowsOf(await refreshPages([], 50, serviceWith(0).fetchPage))).toEqual([]);
  });
});

describe('rowsOf()', () => {
  it('shows a job once that is on two pages', () => {
    const page = { cursor: null, etag: null, corrupt: [], next: null };
    const rows = rowsOf([
      { ...page, jobs: [rowOf(2), rowOf(1)] },
      { ...page, jobs: [rowOf(1), rowOf(0)] },
    ]);
    expect(rows.map(({ job_id }) => job_id)).toEqual(['2', '1', '0']);
  });
});
