/** The client of the service and the worker loop. They run on Node, Deno and Workers. */

export type {
  BatchClaim,
  Claim,
  ClaimRequest,
  Client,
  Heartbeat,
  HeldUpdate,
  JobClaim,
  JobTarget,
} from './worker/client/api.ts';
export type { CallOptions, KeyedCallOptions } from './worker/client/call.ts';
export { type ClientOptions, createClient } from './worker/client/client.ts';
export type { Deadline } from './worker/client/deadline.ts';
export type { Fetch } from './worker/client/fetch-sender.ts';
export type {
  Grant,
  HeartbeatAnswer,
  HeldLease,
  Lease,
  LeaseRequest,
  Renewal,
} from './worker/client/grant.ts';
export type {
  JobState,
  JobStatus,
  NewJob,
  NextSheet,
  OneOfUpdates,
  RequestAnswer,
  SheetStatus,
  SweepAnswer,
  UpdateAnswer,
  WhyAnswer,
} from './worker/client/job.ts';
export { DalsegnoError, NoAnswerError, type Problem } from './worker/client/problem.ts';
export type {
  SheetFailure,
  SheetResult,
  SheetUpdate,
  StartWith,
} from './worker/client/sheet-update.ts';
export type { Timing } from './worker/client/timing.ts';
export { Interruption, type InterruptionCause } from './worker/interruption.ts';
export { runWorker, type WorkerOptions } from './worker/run-worker.ts';
export type { OnSheet, SheetContext } from './worker/sheet-context.ts';
export type { WorkerEvent } from './worker/worker-event.ts';
