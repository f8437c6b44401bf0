import type { ListPage } from '../../../lib/client/answers.ts';

/** A job in the list, as `GET /v1/jobs?view=live` answers it. Counts may be larger than a number holds. */
export interface JobRow {
  readonly job_id: string;
  readonly job_name: string;
  readonly status: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly total_sheets: number | bigint;
  readonly progress: readonly [number | bigint, number | bigint];
  readonly error_message: string | null;
  readonly holder: string | null;
  readonly epoch: number;
  readonly standing: string;
  readonly lease: RowLease | null;
  readonly waiting_since: string | null;
  readonly delayed_until: string | null;
  readonly last_activity_at: string;
}

export interface RowLease {
  readonly expires_at: string;
  readonly renewed_at: string;
  readonly ttl_seconds: number;
}

/** One page of the list. */
export interface JobsAnswer extends ListPage<JobRow> {
  readonly server_time: string;
}
