import type { LeaseRequest } from './client/grant.ts';
import type { JobStatus } from './client/job.ts';

/** What the event is about: a job, in the hands of this worker. */
interface OfJob {
  readonly jobId: string;
  readonly epoch: number;
}

interface OfSheet extends OfJob {
  readonly sheet: number;
}

/** What happens in a worker, for logs and for those who watch. No event holds a token. */
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
      /** Sheets completed, of all. */
      readonly progress: readonly [number, number];
    } & OfSheet)
  /** `failures` counts those of this sheet, in a row, in the hands of this worker. */
  | ({ readonly type: 'sheet-failed'; readonly failures: number; readonly error: Error } & OfSheet)
  | ({ readonly type: 'renewed'; readonly expiresAt: string } & OfJob)
  | ({ readonly type: 'requested'; readonly requested: LeaseRequest } & OfJob)
  /**
   * The lease has ended as far as this worker can tell, for no heartbeat was answered in time. The sheet
   * goes on: if nobody has taken the job when the service answers again, nothing is lost. `since` is by the
   * clock of this machine, `expiresAt` by that of the service.
   */
  | ({ readonly type: 'uncertain'; readonly since: string; readonly expiresAt: string } & OfJob)
  /** A heartbeat was answered: the job was never in other hands. */
  | ({ readonly type: 'certain'; readonly afterMs: number; readonly expiresAt: string } & OfJob)
  /**
   * Nothing more of the job is written. `refused`: the service said so. `deadline`: it could not be asked,
   * and `abortWhenUncertain` is set.
   */
  | ({ readonly type: 'lost'; readonly by: 'refused' | 'deadline' } & OfJob)
  /** The job is free, for anyone to claim. */
  | ({ readonly type: 'released' } & OfJob)
  | ({ readonly type: 'finished'; readonly status: JobStatus } & OfJob)
  /** Something went wrong; the worker goes on. */
  | ({
      readonly type: 'error';
      readonly during: 'claim' | 'renew' | 'run' | 'release';
      readonly error: unknown;
    } & Partial<OfJob>)
  /**
   * Two tries or more in a row were not answered by the service: no answer at all, a server error, or a
   * page of something else. Told again at growing intervals, up to an hour.
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
  | { readonly type: 'stopping'; readonly reason: string }
  | { readonly type: 'stopped' };

export type Emit = (event: WorkerEvent) => void;
