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
export function listPath({ order, limit, cursor, view, ...filter }: ListQuery): string {
  return pathWith('/v1/jobs', { ...filterMembers(filter), order, limit, cursor, view });
}

/** The body of a bulk call. */
export function bulkBody(request: BulkRequest): Readonly<Record<string, unknown>> {
  const { action, filter, dryRun = false, force, errorMessage, limit, cursor } = request;
  return {
    action,
    filter: filter === 'all' ? { all: true } : filterMembers(filter),
    dry_run: dryRun,
    force,
    error_message: errorMessage,
    limit,
    cursor,
  };
}

/** The filter as the service names its members, in a query and in a body. */
function filterMembers({ jobName, updatedBefore, status, standing, ...same }: JobFilter) {
  return {
    status: orNone(status),
    standing: orNone(standing),
    ...same,
    job_name: jobName,
    updated_before: updatedBefore,
  };
}

/** An empty list selects all jobs, as none does. */
function orNone<T>(values: readonly T[] | undefined): readonly T[] | undefined {
  return values?.length === 0 ? undefined : values;
}

/** The path with those parameters that are given; several values by commas. */
export function pathWith(
  path: string,
  parameters: Readonly<Record<string, string | number | readonly string[] | undefined>>,
): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search}`;
}
