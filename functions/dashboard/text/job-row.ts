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

/** A file in the store that cannot be read as a job. */
export interface CorruptFile {
  readonly path: string;
  readonly error_type: string;
  readonly detail: string;
}

/** One page of the list. */
export interface JobsAnswer {
  readonly jobs: readonly JobRow[];
  readonly corrupt: readonly CorruptFile[];
  readonly next_cursor: string | null;
  readonly server_time: string;
}
