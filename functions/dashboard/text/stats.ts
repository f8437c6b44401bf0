import type { DoctorAnswer, Stats as StatsAnswer } from '../../../lib/client/answers.ts';

/** What `GET /v1/stats` answers, with the parts that the page of the service shows. */
export interface Stats
  extends Omit<StatsAnswer, 'false_alarms' | 'late_renewals' | 'store' | 'sweep' | 'doctor'> {
  /** Null for an access token with a prefix, as are `sweep` and `doctor`. */
  readonly false_alarms: Tally | null;
  /** The guarantees are members beside the name. */
  readonly store: { readonly name: string } & Readonly<Record<string, unknown>>;
  readonly sweep: Dated<SweepReport> | null;
  readonly doctor: Dated<DoctorAnswer> | null;
}

/** A report with the time when it was made. */
export type Dated<Report> = Report & { readonly at: string };

export interface Tally {
  readonly count: number;
  readonly worst_late_seconds: number;
}

export interface SweepReport {
  readonly examined: number;
  readonly recovered: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly skipped: number;
  readonly errors: number;
  readonly faults: readonly { readonly path: string; readonly reason: string }[];
  readonly late_renewals: Tally;
}
