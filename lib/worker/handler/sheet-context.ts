import type { HeldLease, Lease } from '../client/grant.ts';
import type { JobState } from '../client/job.ts';
import type { SheetResult } from '../client/sheet-update.ts';

/** The argument of `onSheet`. */
export interface SheetContext<Input = unknown> {
  readonly jobId: string;
  /** The number of the sheet, from 1. */
  readonly sheet: number;
  /** How often the sheet was started, including this time. */
  readonly attempt: number;
  /** What the option `input` has made of `config_snapshot`; without that option its value as it is stored. */
  readonly input: Input;
  /** The last progress of an earlier attempt at this sheet, by any worker; null if there is none. */
  readonly lastProgress: unknown;
  /** The job at the time of its claim. */
  readonly state: JobState;
  /** The lease from the last answer of the service. */
  readonly lease: Lease;
  /** For your own calls of the `Client` under the lease. */
  readonly held: HeldLease;
  /**
   * Aborted, with an `Interruption` as its reason, when the lease is lost, an operator cancels or fails the job, or
   * the worker stops. An error that is thrown after that does not fail the sheet. Aborted with a `SheetTimeoutError`
   * when the sheet takes too long: it has failed then, whatever `onSheet` returns.
   */
  readonly signal: AbortSignal;
  /**
   * Sends the progress with the next heartbeat, and hands it to the next attempt at the sheet. Throws a `RangeError` for
   * more than 256 bytes of JSON.
   */
  progress(value: unknown): void;
}

/**
 * Does the work of one sheet. Its result is stored with the sheet; an error fails the sheet. Heartbeats need the
 * event loop: a computation that blocks it for as long as the lease lasts loses the lease.
 */
export type OnSheet<Input = unknown> = (
  context: SheetContext<Input>,
) => SheetResult | void | null | Promise<SheetResult | void | null>;
