/** The client of the service, and the worker loop: `fetch` alone, on Node, Deno and Workers. */
export type { CallOptions, KeyedCallOptions } from './worker/caller.ts';
export {
  type Beat,
  type ClaimRequest,
  type Client,
  type ClientOptions,
  createClient,
  type Target,
} from './worker/client.ts';
export type { Deadline } from './worker/deadline.ts';
export type { Fetch } from './worker/exchange.ts';
export type { BeatAnswer, Grant, Held, Lease, LeaseRequest, Renewal } from './worker/grant.ts';
export { Interruption, type InterruptionCause } from './worker/interruption.ts';
export type {
  JobState,
  JobStatus,
  MarkAnswer,
  NewJob,
  NextSheet,
  RequestAnswer,
  SheetStatus,
  SweepAnswer,
  WhyAnswer,
} from './worker/job.ts';
export type { SheetFault, SheetMark, SheetResult } from './worker/mark.ts';
export { DalsegnoError, NoAnswerError, type Problem } from './worker/problem.ts';
export { runWorker, type WorkerOptions } from './worker/run-worker.ts';
export type { OnSheet, SheetContext } from './worker/sheet-context.ts';
export type { Timing } from './worker/timing.ts';
export type { WorkerEvent } from './worker/worker-event.ts';
