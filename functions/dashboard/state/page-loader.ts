import { parseExact } from '../text/exact-json.ts';
import type { JobsAnswer } from '../text/job-row.ts';
import { type ListFilter, paramsOf } from '../text/list-filter.ts';
import { call } from './call.ts';
import type { FetchPage } from './job-pages.ts';
import { localMillis, noteServerTime } from './time.ts';

/** Loads the pages of one filter from the service. */
export function pageLoader(filter: ListFilter, abort?: AbortSignal): FetchPage {
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
