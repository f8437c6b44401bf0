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
  LastProgress,
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
export { createJob, type JobToCreate } from './worker/create-job.ts';
export type { SheetHandler, SheetHandlers } from './worker/handler/handlers.ts';
export {
  type InputParser,
  InvalidInputError,
  type StandardSchema,
} from './worker/handler/job-input.ts';
export { PermanentError } from './worker/handler/permanent-error.ts';
export type { RetryOptions } from './worker/handler/retry-rule.ts';
export type { OnSheet, SheetContext } from './worker/handler/sheet-context.ts';
export { SheetTimeoutError } from './worker/handler/sheet-timeout.ts';
export { Interruption, type InterruptionCause } from './worker/interruption.ts';
export { type NamedWorkerOptions, runWorker, type WorkerOptions } from './worker/run-worker.ts';
export type { WorkerEvent } from './worker/worker-event.ts';
