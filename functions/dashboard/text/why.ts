/** What `GET /v1/jobs/{id}/why` answers. */
export interface Why {
  readonly job_id: string;
  /** Null for a file that is no state. */
  readonly status: string | null;
  readonly standing: string;
  readonly holder: string | null;
  readonly epoch: number;
  readonly recoveries: number;
  readonly delayed_until: string | null;
  readonly since: string | null;
  readonly summary: string;
  readonly evidence: readonly string[];
  readonly next: string;
  readonly safe: readonly string[];
  readonly requested: string | null;
  readonly lease: WhyLease | null;
  readonly false_alarms: {
    readonly false_alarms: number;
    readonly worst_late_seconds: number;
    readonly suggested_ttl_seconds: number;
  } | null;
  readonly server_time: string;
}

export interface WhyLease {
  readonly lease_id: string;
  readonly epoch: number;
  readonly holder: string;
  readonly ttl_seconds: number;
  readonly acquired_at: string;
  readonly renewed_at: string;
  readonly expires_at: string;
  readonly renewals: number;
  readonly progress: unknown;
}
