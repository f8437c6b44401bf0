/** What `GET /v1/stats` answers. */
export interface Stats {
  readonly jobs: Readonly<Record<string, number>>;
  readonly total: number;
  readonly standing: Readonly<Record<string, number>>;
  readonly oldest_waiting_at: string | null;
  readonly leases: { readonly live: number; readonly stalled: number };
  /** Null for an access token with a prefix. */
  readonly corrupt: number | null;
  /** Whether there may be more than the counts say. */
  readonly at_least: boolean;
  readonly false_alarms: FalseAlarms | null;
  readonly store: { readonly name: string } & Readonly<Record<string, unknown>>;
  readonly limits: readonly string[];
  readonly sweep: SweepReport | null;
  readonly doctor: DoctorVerdict | null;
  readonly poll_seconds: number;
  readonly server_time: string;
}

/** Members that a version of the service does not have are absent. */
export interface FalseAlarms {
  readonly count?: number;
  readonly worst_late_seconds?: number;
  readonly suggested_ttl_seconds?: number;
}

export interface Tally {
  readonly count: number;
  readonly worst_late_seconds: number;
}

export interface SweepReport {
  readonly at?: string;
  readonly examined: number;
  readonly recovered: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly skipped: number;
  readonly errors: number;
  readonly faults?: readonly { readonly path: string; readonly reason: string }[];
  readonly false_alarms?: Tally;
  readonly late_renewals?: Tally;
  readonly cursor?: string | null;
}

export interface DoctorVerdict {
  readonly at?: string;
  readonly store?: string;
  readonly checks?: readonly DoctorCheck[];
  readonly leases: boolean;
}

export interface DoctorCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}
