/** The client of the service for producers and operators. It runs on Node, Deno, Workers and in browsers. */

export type {
  BulkAction,
  BulkAnswer,
  CorruptFile,
  DoctorAnswer,
  JobSummary,
  ListPage,
  LiveJob,
  Readiness,
  Rows,
  Skipped,
  Standing,
  Stats,
} from './client/answers.ts';
export type {
  DeleteOptions,
  DoctorOptions,
  RawRequest,
  SaveOptions,
  SavePrecondition,
  ServiceClient,
  StateText,
  SweepOptions,
} from './client/api.ts';
export { createClient } from './client/client.ts';
export type { Exact } from './client/exact.ts';
export type { BulkRequest, JobFilter, ListQuery } from './client/query.ts';
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
export type { ClientOptions } from './worker/client/client.ts';
export type { Fetch } from './worker/client/fetch-sender.ts';
export type { Grant, HeldLease, Lease, Renewal } from './worker/client/grant.ts';
export type {
  JobState,
  JobStatus,
  NewJob,
  NextSheet,
  RequestAnswer,
  SheetStatus,
  SweepAnswer,
  UpdateAnswer,
  WhyAnswer,
} from './worker/client/job.ts';
export { DalsegnoError, NoAnswerError, type Problem } from './worker/client/problem.ts';
export type { SheetUpdate } from './worker/client/sheet-update.ts';
export type { Timing } from './worker/client/timing.ts';
