import { computed, type ReadonlySignal, signal } from '@preact/signals';
import { parseExact } from '../text/exact-json.ts';
import type { CorruptFile, JobRow, JobsAnswer } from '../text/job-row.ts';
import { type ListFilter, paramsOf } from '../text/list-filter.ts';
import { call, OfflineError, ProblemError } from './call.ts';
import { extendPages, type FetchPage, type JobPage, refreshPages, rowsOf } from './job-pages.ts';
import { localMillis, noteServerTime } from './time.ts';

export interface JobList {
  /** Null before the first answer. */
  readonly rows: ReadonlySignal<readonly JobRow[] | null>;
  readonly corrupt: ReadonlySignal<readonly CorruptFile[]>;
  /** Whether there are more jobs than the rows. */
  readonly hasMore: ReadonlySignal<boolean>;
  /** Why the service does not list these jobs; null if it does. */
  readonly fault: ReadonlySignal<ProblemError | null>;
  /** The task of a poll: loads what is shown again. */
  readonly load: (abort: AbortSignal) => Promise<void>;
  /** Says that the rows before this index are shown, and loads more where they end soon. */
  readonly show: (end: number) => void;
}

/** So many rows before the end of the loaded ones the next page is loaded. */
const AHEAD = 60;

/** The jobs of one filter, loaded page by page as somebody scrolls. */
export function createJobList(filter: ListFilter): JobList {
  const pages = signal<readonly JobPage[] | null>(null);
  const fault = signal<ProblemError | null>(null);
  let shownEnd = 0;
  let isExtending = false;

  async function load(abort: AbortSignal): Promise<void> {
    try {
      const loaded = await refreshPages(pages.peek() ?? [], shownEnd, pageLoader(filter, abort));
      abort.throwIfAborted();
      pages.value = loaded;
      fault.value = null;
      void keepAhead();
    } catch (error) {
      // What the service says about the request is shown in place of the list; the rest concerns the connection.
      if (!(error instanceof ProblemError) || error.status >= 500) throw error;
      fault.value = error;
    }
  }

  /** Loads the next page while fewer rows are loaded than will soon be shown. */
  async function keepAhead(): Promise<void> {
    if (isExtending) return;
    isExtending = true;
    try {
      while (hasMore.peek() && shownEnd + AHEAD >= (rows.peek()?.length ?? 0)) await extend();
    } catch (error) {
      // The next poll says what is wrong, and tries again.
      if (!(error instanceof OfflineError || error instanceof ProblemError)) throw error;
    } finally {
      isExtending = false;
    }
  }

  async function extend(): Promise<void> {
    const before = pages.peek() ?? [];
    const extended = await extendPages(before, pageLoader(filter));
    const added = extended[before.length];
    const current = pages.peek() ?? [];
    // A poll may have loaded other pages meanwhile. Where the end is elsewhere now, the page does not follow it.
    if (added !== undefined && current.at(-1)?.next === added.cursor) pages.value = [...current, added];
  }

  const rows = computed(() => (pages.value === null ? null : rowsOf(pages.value)));
  const hasMore = computed(() => (pages.value?.at(-1)?.next ?? null) !== null);
  return {
    rows,
    hasMore,
    corrupt: computed(() => pages.value?.[0]?.corrupt ?? []),
    fault,
    load,
    show(end) {
      shownEnd = end;
      void keepAhead();
    },
  };
}

function pageLoader(filter: ListFilter, abort?: AbortSignal): FetchPage {
  return async ({ cursor, limit, etag }) => {
    const params = paramsOf(filter);
    params.set('view', 'live');
    params.set('limit', String(limit));
    if (cursor !== null) params.set('cursor', cursor);
    const sentAt = localMillis();
    const answer = await call(`/v1/jobs?${params.toString()}`, {
      etag,
      ...(abort === undefined ? {} : { signal: abort }),
    });
    if (answer.status === 304) return null;
    const loaded = parseExact(answer.text) as unknown as JobsAnswer;
    noteServerTime(loaded.server_time, sentAt);
    const { jobs, corrupt, next_cursor: next } = loaded;
    return { cursor, etag: answer.etag, jobs, corrupt, next };
  };
}
