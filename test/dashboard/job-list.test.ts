import { describe, expect, it } from 'vitest';
import { OfflineError, ProblemError } from '../../functions/dashboard/state/call-error.ts';
import { createJobList } from '../../functions/dashboard/state/job-list.ts';
import type { JobPage } from '../../functions/dashboard/state/job-pages.ts';
import type { JobRow } from '../../functions/dashboard/text/job-row.ts';

const PAGE_ROWS = 100;
const NEVER_ABORTED = new AbortController().signal;

/** Pages of a hundred jobs. The test answers the calls, or the list is answered at once. */
function pagedService(pageCount: number) {
  const waiting: (() => void)[] = [];
  let fault: Error | null = null;
  let isHeld = false;
  const list = createJobList(() => async ({ cursor }) => {
    if (isHeld) await new Promise<void>(resolve => void waiting.push(resolve));
    if (fault !== null) throw fault;
    return pageAt(Number(cursor ?? 0), pageCount);
  });
  return {
    list,
    waiting,
    load: () => list.load(NEVER_ABORTED),
    hold(held: boolean) {
      isHeld = held;
    },
    fail(error: Error | null) {
      fault = error;
    },
    count: () => list.rows.value?.length ?? null,
  };
}

function pageAt(index: number, pageCount: number): JobPage {
  const jobs = Array.from({ length: PAGE_ROWS }, (_, row) => ({
    job_id: String(index * PAGE_ROWS + row),
  })) as unknown as JobRow[];
  const next = index + 1 < pageCount ? String(index + 1) : null;
  return { cursor: index === 0 ? null : String(index), etag: null, jobs, corrupt: [], next };
}

describe('createJobList()', () => {
  it('has no rows before the first answer', () => {
    expect(pagedService(1).count()).toBeNull();
  });

  it('loads more as the end of what is loaded comes near, to the end', async () => {
    const service = pagedService(4);
    await service.load();
    service.list.show(10);
    expect(service.count()).toBe(100);
    service.list.show(95);
    await expect.poll(service.count).toBe(200);
    service.list.show(390);
    await expect.poll(service.count).toBe(400);
    expect(service.list.hasMore.value).toBe(false);
  });

  it('loads three more pages of a search that finds nothing, and goes on with the next poll', async () => {
    let calls = 0;
    const list = createJobList(() => async ({ cursor }) => {
      calls += 1;
      const next = String(Number(cursor ?? 0) + 1);
      return { cursor, etag: null, jobs: [], corrupt: [], next };
    });
    await list.load(NEVER_ABORTED);
    await expect.poll(() => calls).toBe(4);
    expect([list.rows.value, list.hasMore.value]).toEqual([[], true]);
    await list.load(NEVER_ABORTED);
    await expect.poll(() => calls).toBe(4 + 1 + 3);
  });

  it('goes on to load more when a poll has replaced the pages meanwhile', async () => {
    const service = pagedService(3);
    await service.load();
    service.hold(true);
    service.list.show(95);
    await expect.poll(() => service.waiting.length).toBe(1);
    service.hold(false);
    await service.load();
    service.waiting[0]?.();
    await expect.poll(service.count).toBe(200);
  });

  it('tries again with the next poll after a failure', async () => {
    const service = pagedService(2);
    await service.load();
    service.fail(new OfflineError('down'));
    service.list.show(95);
    await expect(service.load()).rejects.toThrow('down');
    expect(service.count()).toBe(100);
    service.fail(null);
    await service.load();
    await expect.poll(service.count).toBe(200);
  });

  it('keeps a refusal as the reason, and its rows, until an answer comes', async () => {
    const service = pagedService(1);
    await service.load();
    service.fail(new ProblemError(422, { code: 'invalid', detail: 'no such status' }));
    await service.load();
    expect(service.list.fault.value?.message).toBe('no such status');
    service.fail(null);
    await service.load();
    expect(service.list.fault.value).toBeNull();
  });
});
