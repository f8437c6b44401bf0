import type { LeaseRequest } from './grant.ts';
import type { JobStatus } from './job.ts';

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
  /** Nothing more of the job is written. `refused`: the service said so. `deadline`: it could not be asked. */
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
  | { readonly type: 'stopping'; readonly reason: string }
  | { readonly type: 'stopped' };

export type Emit = (event: WorkerEvent) => void;
