import type { LeaseRequest } from './client/grant.ts';
import type { JobStatus } from './client/job.ts';

/** The job of the event, which this worker holds. */
interface OfJob {
  readonly jobId: string;
  readonly epoch: number;
}

interface OfSheet extends OfJob {
  readonly sheet: number;
}

/** What happens in a worker, for logs and monitoring. Names that end in `Ms` are milliseconds. No event has a token. */
export type WorkerEvent =
  | ({
      readonly type: 'claimed';
      readonly holder: string;
      readonly nextSheet: number | null;
      readonly totalSheets: number;
      readonly expiresAt: string;
    } & OfJob)
  /** No job waits. */
  | { readonly type: 'idle'; readonly waitMs: number }
  | ({ readonly type: 'sheet-started' } & OfSheet)
  | ({
      readonly type: 'sheet-completed';
      readonly durationSeconds: number;
      /** Completed sheets, and all sheets. */
      readonly progress: readonly [number, number];
    } & OfSheet)
  /** `failures`: how often this worker has failed at this sheet in a row. */
  | ({ readonly type: 'sheet-failed'; readonly failures: number; readonly error: Error } & OfSheet)
  | ({ readonly type: 'renewed'; readonly expiresAt: string } & OfJob)
  | ({ readonly type: 'requested'; readonly requested: LeaseRequest } & OfJob)
  /**
   * No heartbeat was answered in time, so the lease may have expired. The sheet continues: if no other worker has
   * taken the job when the service answers again, nothing is lost. `since` is a time of this machine's clock,
   * `expiresAt` of the service's clock.
   */
  | ({ readonly type: 'uncertain'; readonly since: string; readonly expiresAt: string } & OfJob)
  /** A heartbeat was answered after `uncertain`: no other worker had taken the job. */
  | ({ readonly type: 'certain'; readonly afterMs: number; readonly expiresAt: string } & OfJob)
  /**
   * The lease is lost, and the worker writes nothing more of this job. `refused`: the service said so. `deadline`: the
   * service did not answer in time, and `abortWhenUncertain` is set.
   */
  | ({ readonly type: 'lost'; readonly by: 'refused' | 'deadline' } & OfJob)
  /** The lease was given back, and with it the job. */
  | ({ readonly type: 'released' } & OfJob)
  | ({ readonly type: 'finished'; readonly status: JobStatus } & OfJob)
  /** Something went wrong; the worker goes on. */
  | ({
      readonly type: 'error';
      readonly during: 'claim' | 'renew' | 'input' | 'run' | 'release';
      readonly error: unknown;
    } & Partial<OfJob>)
  /**
   * The service did not answer at least two tries in a row: no answer, a server error, or a page of something else.
   * Emitted again at growing intervals, up to an hour.
   */
  | {
      readonly type: 'unreachable';
      readonly url: string;
      readonly failures: number;
      readonly forMs: number;
      readonly error: unknown;
    }
  /** The service answers again. */
  | { readonly type: 'reachable'; readonly url: string; readonly afterMs: number }
  /**
   * The service renews the leases over an open connection, or the connection has ended and heartbeats renew them.
   * `reason` says why it ended.
   */
  | { readonly type: 'presence'; readonly isOpen: boolean; readonly reason: string | null }
  | { readonly type: 'stopping'; readonly reason: string }
  | { readonly type: 'stopped' };

export type Emit = (event: WorkerEvent) => void;
