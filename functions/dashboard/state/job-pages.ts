import type { CorruptFile } from '../../../lib/client/answers.ts';
import type { JobRow } from '../text/job-row.ts';

/** One page of the list as it was loaded. */
export interface JobPage {
  /** Where it begins; null for the first page. */
  readonly cursor: string | null;
  readonly etag: string | null;
  readonly jobs: readonly JobRow[];
  readonly corrupt: readonly CorruptFile[];
  /** Where the next page begins; null at the end. */
  readonly next: string | null;
}

/** Loads one page; null where it is still the page with this tag. */
export type FetchPage = (ask: {
  readonly cursor: string | null;
  readonly limit: number;
  readonly etag: string | null;
}) => Promise<JobPage | null>;

/** The first page is small, so that a poll at the top of the list is. The rest comes in large pages. */
export const FIRST_LIMIT = 100;
export const LIMIT = 1_000;

/** So many pages that a long search has ended early are loaded at a time. The next poll goes on. */
export const MOST_SHORT = 3;

/** Whether the search for the page ended before it had all its jobs. */
export function isShort({ jobs, next }: JobPage): boolean {
  return next !== null && jobs.length < FIRST_LIMIT;
}

/**
 * Loads the pages again that hold the first `needed` jobs. A page that begins where it began is asked for by its tag. When
 * the end of a page has moved, the pages behind it begin elsewhere: those that are needed are loaded again, the rest is
 * dropped. Pages behind the needed ones whose place has not moved stay as they were. Where no page has
 * changed, the answer is `old` itself. It may have fewer jobs than are needed, and not be the end: where a search takes long.
 */
export async function refreshPages(
  old: readonly JobPage[],
  needed: number,
  fetchPage: FetchPage,
): Promise<readonly JobPage[]> {
  const pages: JobPage[] = [];
  let cursor: string | null = null;
  let count = 0;
  let short = 0;
  do {
    const known: JobPage | undefined = knownAt(old, pages.length, cursor);
    if (pages.length > 0 && (count >= needed || short >= MOST_SHORT)) {
      // Not shown now: it stays, or is loaded when somebody scrolls there.
      if (known === undefined) break;
      pages.push(known);
    } else {
      const limit = pages.length === 0 ? FIRST_LIMIT : LIMIT;
      const loaded = await fetchPage({ cursor, limit, etag: known?.etag ?? null });
      const page = loaded ?? known;
      if (page === undefined) throw new Error('The service answered 304 without a tag');
      pages.push(page);
      if (isShort(page)) short += 1;
    }
    const last: JobPage | undefined = pages.at(-1);
    count += last?.jobs.length ?? 0;
    cursor = last?.next ?? null;
  } while (cursor !== null);
  return isSame(old, pages) ? old : pages;
}

/** The pages with one more at their end, if there is more. */
export async function extendPages(
  pages: readonly JobPage[],
  fetchPage: FetchPage,
): Promise<readonly JobPage[]> {
  const cursor = pages.at(-1)?.next ?? null;
  if (cursor === null) return pages;
  const page = await fetchPage({ cursor, limit: LIMIT, etag: null });
  return page === null ? pages : [...pages, page];
}

/** The jobs of all pages, each once: one that was updated between two calls is on two pages. */
export function rowsOf(pages: readonly JobPage[]): readonly JobRow[] {
  const seen = new Set<string>();
  return pages
    .flatMap(page => page.jobs)
    .filter(({ job_id }) => {
      if (seen.has(job_id)) return false;
      seen.add(job_id);
      return true;
    });
}

function isSame(left: readonly JobPage[], right: readonly JobPage[]): boolean {
  return left.length === right.length && left.every((page, index) => page === right[index]);
}

function knownAt(
  old: readonly JobPage[],
  index: number,
  cursor: string | null,
): JobPage | undefined {
  const page = old[index];
  return page !== undefined && page.cursor === cursor ? page : undefined;
}
