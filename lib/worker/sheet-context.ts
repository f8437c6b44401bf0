import type { Held, Lease } from './client/grant.ts';
import type { JobState } from './client/job.ts';
import type { SheetResult } from './client/sheet-update.ts';

/** What the work of a sheet is given. */
export interface SheetContext {
  readonly jobId: string;
  /** From 1. */
  readonly sheet: number;
  /** How often the sheet was started, this time included. */
  readonly attempt: number;
  /** The job as it stood when it was claimed. */
  readonly state: JobState;
  /** The lease as the service last told it. */
  readonly lease: Lease;
  /** For calls of one's own under the lease. */
  readonly held: Held;
  /**
   * Aborted, with an `Interruption`, when the lease is lost, the job is to be cancelled or to fail, or
   * the worker is to stop. What is thrown after that is no failure of the sheet.
   */
  readonly signal: AbortSignal;
  /** Tells how far the sheet is, with the next heartbeat. Throws for more than 256 bytes of JSON. */
  progress(value: unknown): void;
}

/**
 * Does the work of one sheet. What it returns is kept; what it throws fails the sheet. Heartbeats are
 * sent in between: a computation that keeps the event loop for as long as the lease costs the lease.
 */
export type OnSheet = (
  context: SheetContext,
) => SheetResult | void | null | Promise<SheetResult | void | null>;
