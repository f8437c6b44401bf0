import type { JobsAnswer } from '../text/job-row.ts';
import { type ListFilter, paramsOf } from '../text/list-filter.ts';
import type { FetchPage } from './job-pages.ts';
import { timedCall } from './timed-call.ts';

/** Loads the pages of one filter from the service. */
export function pageLoader(filter: ListFilter, abort?: AbortSignal): FetchPage {
  return async ({ cursor, limit, etag }) => {
    const params = paramsOf(filter);
    params.set('view', 'live');
    params.set('limit', String(limit));
    if (cursor !== null) params.set('cursor', cursor);
    const loaded = await timedCall<JobsAnswer>(`/v1/jobs?${params.toString()}`, {
      etag,
      ...(abort === undefined ? {} : { signal: abort }),
    });
    if (loaded === null) return null;
    const { jobs, corrupt, next_cursor: next } = loaded.answer;
    return { cursor, etag: loaded.etag, jobs, corrupt, next };
  };
}
