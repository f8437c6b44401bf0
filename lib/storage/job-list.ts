import * as z from 'zod';
import { textFromBase64Url, toBase64Url } from '../base/base64url.ts';
import { tryParseJson } from '../base/try-parse-json.ts';
import { unreachable } from '../base/unreachable.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import { fail, ok, type Result } from '../failure.ts';
import { isJobKey, JOB_KEYS, safeNameOf } from '../keys/job-id.ts';
import type { Change, ObjectStore, StoredObject } from '../store.ts';
import { type CorruptJob, createJobIndex, type Indexed, type Position } from './job-index.ts';
import type { JobReader } from './job-reader.ts';
import { type JobSummary, summarize, summaryIn } from './job-summary.ts';

export interface JobListQuery {
  /** Empty means all. */
  readonly statuses: readonly JobStatus[];
  readonly limit: number;
  /** The `nextCursor` of an earlier page, null for the first page. */
  readonly cursor: string | null;
  /** Only jobs whose id starts with this; all if it is left out. */
  readonly prefix?: string;
}

export interface JobPage {
  readonly jobs: readonly JobSummary[];
  /**
   * All corrupt objects, on the first page only, and only in a list without a prefix: the name of an unreadable
   * object does not give its job id.
   */
  readonly corrupt: readonly CorruptJob[];
  readonly nextCursor: string | null;
}

export interface JobList {
  page(query: JobListQuery): Promise<Result<JobPage>>;
  /** Reads in advance what the first page needs. */
  warm(): Promise<void>;
}

/** Lists the jobs of a store page by page, from summaries in memory. */
export function createJobList({
  store,
  reader,
}: {
  store: ObjectStore;
  reader: JobReader;
}): JobList {
  const index = createJobIndex({ follower: store.follow(JOB_KEYS), read: readEntry });

  function readEntry(change: Exclude<Change, { kind: 'removed' }>): Indexed | Promise<Indexed> {
    const { key } = change;
    if (!isJobKey(key)) return { kind: 'gone' };
    switch (change.kind) {
      case 'unreadable':
        return corruptEntry(key, 'unreadable', change.reason);
      case 'stored':
        return inspect(key, change.object);
      case 'labelled': {
        const summary = summaryIn(change.label, change.version);
        return summary === null ? readAndInspect(key) : { kind: 'job', summary };
      }
      default:
        return unreachable(change);
    }
  }

  async function readAndInspect(key: string): Promise<Indexed> {
    const object = await store.get(key);
    return object === null ? { kind: 'gone' } : inspect(key, object);
  }

  async function inspect(key: string, object: StoredObject): Promise<Indexed> {
    const job = await reader.inspect(key, object);
    if (job.kind === 'corrupt') return corruptEntry(key, job.errorType, job.detail);
    return { kind: 'job', summary: summarize(job.state, job.version) };
  }

  function corruptEntry(
    key: string,
    error_type: CorruptJob['error_type'],
    detail: string,
  ): Indexed {
    const corrupt = { job_id: safeNameOf(key), path: store.locate(key), error_type, detail };
    return { kind: 'corrupt', corrupt };
  }

  return {
    async warm() {
      await index.current();
    },

    async page({ statuses, limit, cursor, prefix = '' }) {
      const after = cursor === null ? null : decodeCursor(cursor);
      if (cursor !== null && after === null) {
        const reason = 'This is no cursor of this service';
        return fail({ code: 'invalid', faults: [{ path: '?cursor', reason }] });
      }
      const order = await index.current();
      const page = order.page({ after, statuses: new Set(statuses), limit, prefix });
      return ok({
        jobs: page.jobs,
        corrupt: after === null && prefix === '' ? order.corrupt() : [],
        nextCursor: page.next === null ? null : encodeCursor(page.next),
      });
    },
  };
}

const Fields = z.tuple([z.string().regex(/^[0-9]{18}$/), z.string().min(1).max(1024)]);

/** A cursor is a place in the order, not a page number: added and deleted jobs do not shift it. */
function encodeCursor(position: Position): string {
  return toBase64Url(new TextEncoder().encode(JSON.stringify([position.instant, position.key])));
}

/** The place that a cursor encodes; null for a text that is not a cursor of this service. */
function decodeCursor(cursor: string): Position | null {
  const fields = Fields.safeParse(tryParseJson(textFromBase64Url(cursor) ?? ''));
  if (!fields.success) return null;
  const [instant, key] = fields.data;
  return { instant, key };
}
