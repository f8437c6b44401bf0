import type { JobState, JobStatus } from '../worker/client/job.ts';

/** Where a job stands, as in `why`. */
export type Standing =
  | 'held'
  | 'stalled'
  | 'ending'
  | 'zombie'
  | 'unleased'
  | 'waiting'
  | 'resting'
  | 'finished';

/** A job in a list. Instants are ISO 8601 texts of the service's clock. */
export interface JobSummary {
  readonly job_id: string;
  readonly job_name: string;
  readonly status: JobStatus;
  readonly created_at: string;
  readonly updated_at: string;
  readonly started_at: string | null;
  readonly completed_at: string | null;
  readonly total_sheets: number;
  readonly last_completed_sheet: number;
  readonly current_sheet: number | null;
  /** The completed sheets and all sheets. */
  readonly progress: readonly [completed: number, total: number];
  readonly percent: number;
  readonly error_message: string | null;
  readonly holder: string | null;
  readonly epoch: number;
  readonly version: string;
}

/** A job in a list of the view `live`. */
export interface LiveJob extends JobSummary {
  readonly standing: Standing;
  readonly lease: {
    readonly expires_at: string;
    readonly renewed_at: string;
    readonly ttl_seconds: number;
  } | null;
  readonly waiting_since: string | null;
  readonly delayed_until: string | null;
  readonly last_activity_at: string;
}

/** What a list has of each job, by the view. */
export interface Rows {
  readonly summary: JobSummary;
  readonly live: LiveJob;
  readonly full: JobState;
}

/** A stored file that is no state. */
export interface CorruptFile {
  readonly path: string;
  readonly error_type: string;
  readonly detail: string;
}

export interface ListPage<Row> {
  readonly jobs: readonly Row[];
  /** On the first page, and only for access tokens without a prefix. */
  readonly corrupt: readonly CorruptFile[];
  /** Where the next page begins; null on the last one. */
  readonly next_cursor: string | null;
  /** Only in the view `live`. */
  readonly server_time?: string;
}

export interface Stats {
  readonly jobs: Readonly<Record<string, number>>;
  readonly total: number;
  readonly standing: Readonly<Record<string, number>>;
  readonly oldest_waiting_at: string | null;
  readonly leases: { readonly live: number; readonly stalled: number };
  /** Null for access tokens with a prefix. */
  readonly corrupt: number | null;
  /** Whether the store may have more than was counted. */
  readonly at_least: boolean;
  /** Null for access tokens with a prefix, as are the next one, `sweep` and `doctor`. */
  readonly false_alarms: Readonly<Record<string, unknown>> | null;
  readonly late_renewals: Readonly<Record<string, unknown>> | null;
  readonly store: Readonly<Record<string, unknown>>;
  readonly limits: readonly string[];
  readonly sweep: Readonly<Record<string, unknown>> | null;
  readonly doctor: Readonly<Record<string, unknown>> | null;
  /** How often a client should ask at most, in seconds. */
  readonly poll_seconds: number;
  readonly server_time: string;
}

/** A job that a bulk action left as it was. */
export interface Skipped {
  readonly job_id: string;
  readonly code: string;
  readonly detail: string;
}

export interface BulkAnswer {
  readonly action: BulkAction;
  readonly dry_run: boolean;
  /** Jobs that the filter has found in this call; in a dry run all, or those up to the cursor. */
  readonly matched: number;
  readonly done: number;
  /** Requests that wait for the holders of the jobs. */
  readonly pending: number;
  readonly skipped: readonly Skipped[];
  /** Where the next call continues; null at the end. */
  readonly cursor: string | null;
  /** The first ids of a dry run. */
  readonly sample?: readonly string[];
}

export type BulkAction = 'pause' | 'resume' | 'cancel' | 'fail' | 'complete' | 'delete';

/** What the store really does. */
export interface DoctorAnswer {
  readonly store: string;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
  }[];
  /** Whether the service grants leases on this store. */
  readonly leases: boolean;
}

/** What the store can do now: the answer of `/readyz`. */
export interface Readiness {
  readonly status: string;
  readonly store: string;
  readonly leases: boolean;
  readonly limits: readonly string[];
}
