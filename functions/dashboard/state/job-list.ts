import { computed, type ReadonlySignal, signal } from '@preact/signals';
import type { CorruptFile } from '../../../lib/client/answers.ts';
import type { JobRow } from '../text/job-row.ts';
import { OfflineError, ProblemError } from './call-error.ts';
import {
  extendPages,
  type FetchPage,
  isShort,
  type JobPage,
  MOST_SHORT,
  refreshPages,
  rowsOf,
} from './job-pages.ts';

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

/** A list that is loaded page by page as somebody scrolls. `loaderOf` makes the loader of a poll that may be aborted. */
export function createJobList(loaderOf: (abort?: AbortSignal) => FetchPage): JobList {
  const pages = signal<readonly JobPage[] | null>(null);
  const fault = signal<ProblemError | null>(null);
  let shownEnd = 0;
  let isExtending = false;

  async function load(abort: AbortSignal): Promise<void> {
    try {
      const loaded = await refreshPages(pages.peek() ?? [], shownEnd, loaderOf(abort));
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

  /** Loads the next page while fewer rows are loaded than will soon be shown. A long search goes on with the next poll. */
  async function keepAhead(): Promise<void> {
    if (isExtending) return;
    isExtending = true;
    try {
      let short = 0;
      while (
        short < MOST_SHORT &&
        hasMore.peek() &&
        shownEnd + AHEAD >= (rows.peek()?.length ?? 0)
      ) {
        if (await extend()) short += 1;
      }
    } catch (error) {
      // The next poll says what is wrong, and tries again.
      if (!(error instanceof OfflineError || error instanceof ProblemError)) throw error;
    } finally {
      isExtending = false;
    }
  }

  /** Whether the search for the page has ended early. */
  async function extend(): Promise<boolean> {
    const before = pages.peek() ?? [];
    const extended = await extendPages(before, loaderOf());
    const added = extended[before.length];
    const current = pages.peek() ?? [];
    // A poll may have loaded other pages meanwhile. Where the end is elsewhere now, the page does not follow it.
    if (added !== undefined && current.at(-1)?.next === added.cursor)
      pages.value = [...current, added];
    return added !== undefined && isShort(added);
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
