import type { JobStatus } from '../worker/client/job.ts';
import type { BulkAction, Rows, Standing } from './answers.ts';

/** Which jobs: those that meet every given member. */
export interface JobFilter {
  readonly status?: readonly JobStatus[] | undefined;
  readonly standing?: readonly Standing[] | undefined;
  /** A part of the id or the name, in any case. */
  readonly q?: string | undefined;
  /** The whole name. */
  readonly jobName?: string | undefined;
  readonly holder?: string | undefined;
  /** An ISO 8601 instant. */
  readonly updatedBefore?: string | undefined;
}

export interface ListQuery<View extends keyof Rows = keyof Rows> extends JobFilter {
  /** By `updated_at`; `newest` by default. */
  readonly order?: 'newest' | 'oldest' | undefined;
  /** Jobs on a page: 1 to 1000, 50 by default. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  /** `summary` by default. */
  readonly view?: View | undefined;
}

/** A bulk action on the jobs of a filter. */
export interface BulkRequest {
  readonly action: BulkAction;
  /** `all` must be asked for: a filter without a member is refused. */
  readonly filter: JobFilter | 'all';
  /** Counts the jobs, and changes none. */
  readonly dryRun?: boolean | undefined;
  /** Also jobs that are held: `delete` and `complete`. */
  readonly force?: boolean | undefined;
  /** For `fail`. */
  readonly errorMessage?: string | undefined;
  /** Jobs in one call: 1 to 1000, 100 by default. */
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** The path of a list. */
export function listPath(query: ListQuery): string {
  const { order, limit, cursor, view, ...filter } = query;
  const { jobName, updatedBefore, status = [], standing = [], ...same } = filter;
  const parameters = new URLSearchParams();
  const single = {
    ...same,
    job_name: jobName,
    updated_before: updatedBefore,
    order,
    limit,
    cursor,
  };
  if (status.length > 0) parameters.set('status', status.join(','));
  if (standing.length > 0) parameters.set('standing', standing.join(','));
  for (const [name, value] of Object.entries({ ...single, view })) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? '/v1/jobs' : `/v1/jobs?${parameters}`;
}

/** The body of a bulk call. */
export function bulkBody(request: BulkRequest): Readonly<Record<string, unknown>> {
  const { action, filter, dryRun = false, force, errorMessage, limit, cursor } = request;
  return {
    action,
    filter: filter === 'all' ? { all: true } : filterBody(filter),
    dry_run: dryRun,
    force,
    error_message: errorMessage,
    limit,
    cursor,
  };
}

function filterBody({ jobName, updatedBefore, status, standing, ...same }: JobFilter) {
  return {
    ...same,
    job_name: jobName,
    updated_before: updatedBefore,
    status: isGiven(status) ? status : undefined,
    standing: isGiven(standing) ? standing : undefined,
  };
}

function isGiven(values: readonly string[] | undefined): boolean {
  return values !== undefined && values.length > 0;
}
