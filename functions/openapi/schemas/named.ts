import * as z from 'zod';
import { CheckpointState, SheetFromExact } from '../../../lib/checkpoint/checkpoint.ts';
import { SheetUpdate } from '../../../lib/checkpoint/sheet-update.ts';
import { JobStatus, SheetStatus } from '../../../lib/checkpoint/status.ts';
import { LeaseRequest } from '../../../lib/lease/lease.ts';
import {
  ClaimBody,
  ControlBody,
  EmptyBody,
  HeartbeatBody,
  HeartbeatsBody,
  LeaseBody,
  TokenHeartbeat,
} from '../../http/lease-request.ts';
import { BulkBody } from '../../http/list/bulk.ts';
import { PresenceBody, PresenceChange } from '../../http/presence-request.ts';
import { UpdatesBody, UpdateTarget } from '../../routes/updates.ts';
import * as jobs from './jobs.ts';
import * as leases from './leases.ts';
import * as operations from './operations.ts';
import { PresenceAnswer, PresenceEvent, PresenceSocket } from './presence.ts';
import { Fault } from './problems.ts';
import { Standing } from './values.ts';

/** A schema with a name of its own in the document. */
export interface Named {
  readonly schema: z.ZodType;
  /** `both` for a value that is the same in requests and answers. */
  readonly io: 'input' | 'output' | 'both';
  readonly description?: string;
  /** What the members mean, for a schema of the service that says nothing of it. */
  readonly members?: Readonly<Record<string, string>>;
  /** What the items of a list are that the service checks one by one, so that each has its own answer. */
  readonly items?: Readonly<Record<string, z.ZodType>>;
  /** Whether the schemas inside it that have names are written out: a closed object cannot be part of another one. */
  readonly isInline?: boolean;
  /** Whether its numbers may be null for NaN and infinities. */
  readonly hasNonFinite?: boolean;
  /** Members that the service adds to what it keeps for its callers. */
  readonly adds?: z.ZodRawShape;
}

const [SheetStart, SheetCompletion, SheetFailure, SheetSkip] = SheetUpdate.options;

const HOLDER = 'Who gets the lease: 1 to 200 characters';
const TTL = 'How long the lease lasts without a heartbeat, in seconds; 60 where it is left out';
const ATTEMPT =
  'The running attempt, or the one that `in_progress` starts. An update of an earlier attempt changes nothing';
const MESSAGE = 'Accepted with every status; only `failed` keeps it';
const OUTPUT = 'The last 51,200 bytes are kept, with credentials redacted';
const DURATION = 'How long the execution took, in seconds';
const PROGRESS = 'Any JSON of up to 256 bytes';
const PROGRESS_SHEET = 'The sheet that the progress is of';
const NEW_TTL = 'The ttl from now on, in seconds';
const output = { stdout: OUTPUT, stderr: OUTPUT };

/** A token on its own line of an array. */
const LeaseToken = z.string().meta({ description: 'A lease token' });

const SheetUpdateItem = z.intersection(z.strictObject(UpdateTarget.shape), SheetUpdate);

export const SCHEMAS = {
  JobStatus: { schema: JobStatus, io: 'both' },
  SheetStatus: { schema: SheetStatus, io: 'both' },
  LeaseRequest: { schema: LeaseRequest, io: 'both', description: 'A request of an operator' },
  Fault: { schema: Fault, io: 'both' },
  CheckpointState: {
    schema: CheckpointState,
    io: 'output',
    description:
      'The whole state of a job. Members of other programs are kept, in their order. A time that another program wrote without an offset has none',
    hasNonFinite: true,
    adds: { dalsegno: jobs.JobLeaseData.exactOptional() },
  },
  SheetState: { schema: SheetFromExact, io: 'output', hasNonFinite: true },
  CheckpointStateInput: {
    schema: CheckpointState,
    io: 'input',
    description:
      'A whole or partial state: what is left out has its default. The service sets `updated_at` and `dalsegno` itself. Unknown members are kept. As in the Python backend, numbers and times may also come as text',
    hasNonFinite: true,
  },
  SheetStateInput: { schema: SheetFromExact, io: 'input', hasNonFinite: true },
  JobLeaseData: { schema: jobs.JobLeaseData, io: 'output' },
  SheetStart: {
    schema: SheetStart,
    io: 'input',
    description: 'Starts one more attempt of the sheet',
    members: { attempt: ATTEMPT, error_message: MESSAGE },
  },
  SheetCompletion: {
    schema: SheetCompletion,
    io: 'input',
    description: 'Completes the sheet. It may also start another one, in the same save',
    members: {
      attempt: ATTEMPT,
      start: 'The number of the sheet to start, not together with `start_next`',
      start_next: 'Whether the next sheet is started',
      error_message: MESSAGE,
      validation_passed: 'True where it is left out',
      execution_duration_seconds: DURATION,
      ...output,
    },
  },
  SheetFailure: {
    schema: SheetFailure,
    io: 'input',
    description: 'Records that the sheet failed. It is the next sheet again',
    members: {
      attempt: ATTEMPT,
      error_type: 'With it the error is added to the history of the sheet',
      execution_duration_seconds: DURATION,
      ...output,
    },
  },
  SheetSkip: {
    schema: SheetSkip,
    io: 'input',
    description: 'Skips the sheet',
    members: { attempt: ATTEMPT, error_message: MESSAGE },
  },
  SheetUpdate: { schema: SheetUpdate, io: 'input', description: 'A new status of a sheet' },
  SheetUpdateItem: {
    schema: SheetUpdateItem,
    io: 'input',
    description:
      'An update of a held job: its lease token, the number of the sheet, its new status',
    isInline: true,
  },
  UpdateRequests: {
    schema: UpdatesBody,
    io: 'input',
    members: { updates: '1 to 100 updates, each with its own answer' },
    items: { updates: SheetUpdateItem },
  },
  ClaimRequest: {
    schema: ClaimBody,
    io: 'input',
    members: {
      holder: HOLDER,
      ttl_seconds: TTL,
      job_name: 'Only jobs of this name',
      max: 'How many jobs at most; 1 where it is left out',
      wait_seconds: 'How long the claim waits for a job; 0 where it is left out',
      start_next: 'Whether the next sheet of each job is started in the same save',
    },
  },
  LeaseAcquisition: {
    schema: LeaseBody,
    io: 'input',
    members: { holder: HOLDER, ttl_seconds: TTL },
  },
  Heartbeat: {
    schema: HeartbeatBody,
    io: 'input',
    members: { progress: PROGRESS, sheet: PROGRESS_SHEET, ttl_seconds: NEW_TTL },
  },
  TokenHeartbeat: {
    schema: TokenHeartbeat,
    io: 'input',
    members: {
      token: 'The lease token',
      progress: PROGRESS,
      sheet: PROGRESS_SHEET,
      ttl_seconds: NEW_TTL,
    },
  },
  HeartbeatRequests: {
    schema: HeartbeatsBody,
    io: 'input',
    members: { beats: 'Up to 100 heartbeats, each with its own answer' },
    items: { beats: TokenHeartbeat },
  },
  PresenceRequest: {
    schema: PresenceBody,
    io: 'input',
    members: {
      tokens: 'The tokens of the leases that the service renews, each with its own answer',
      grace_ms:
        'The leases end so long after the connection broke; 2000 where nothing is configured',
    },
    items: { tokens: LeaseToken },
  },
  PresenceChange: {
    schema: PresenceChange,
    io: 'input',
    members: { tokens: 'Tokens to add', remove: 'Tokens to remove' },
    items: { tokens: LeaseToken, remove: LeaseToken },
  },
  ControlRequest: {
    schema: ControlBody,
    io: 'input',
    members: { error_message: 'The reason, which is kept when the job fails' },
  },
  BulkRequest: {
    schema: BulkBody,
    io: 'input',
    members: {
      filter: 'Which jobs, as in a list; `{"all": true}` for all',
      dry_run: 'Counts the jobs, and changes none',
      force: 'Takes jobs from their holders; not for `resume`',
      error_message: 'The reason; for `pause`, `cancel` and `fail`',
      limit: 'The most jobs of this call; 100 where it is left out',
      cursor: 'The `cursor` of the answer before',
    },
  },
  BulkReport: { schema: operations.BulkReport, io: 'output' },
  EmptyRequest: { schema: EmptyBody, io: 'input', description: 'An object without members' },
  JobSummary: { schema: jobs.JobSummary, io: 'output' },
  CorruptJob: { schema: jobs.CorruptJob, io: 'output' },
  LiveJob: { schema: jobs.LiveJob, io: 'output' },
  HistoryEntry: {
    schema: jobs.HistoryEntry,
    io: 'output',
    description: 'One of the last changes of hands of a job',
    members: {
      holder: 'The holder of the lease that began or ended; null if the job was not leased',
      by: 'The holder, or the name of the access token; null for the service itself, or if there are no tokens',
    },
  },
  Standing: { schema: Standing, io: 'both' },
  LiveJobPage: { schema: jobs.LiveJobPage, io: 'output' },
  JobPage: { schema: jobs.JobPage, io: 'output' },
  FullJobPage: { schema: jobs.FullJobPage, io: 'output' },
  JobList: { schema: jobs.JobList, io: 'output' },
  NextSheet: { schema: jobs.NextSheet, io: 'output' },
  KeptProgress: { schema: jobs.KeptProgress, io: 'output' },
  StartedSheet: { schema: jobs.StartedSheet, io: 'output' },
  UpdateAnswer: { schema: jobs.UpdateAnswer, io: 'output' },
  Lease: { schema: leases.Lease, io: 'output' },
  Grant: { schema: leases.Grant, io: 'output' },
  BatchGrant: { schema: leases.BatchGrant, io: 'output' },
  Grants: { schema: leases.Grants, io: 'output' },
  ClaimAnswer: { schema: leases.ClaimAnswer, io: 'output' },
  HeartbeatAnswer: { schema: leases.HeartbeatAnswer, io: 'output' },
  HeartbeatAnswers: { schema: leases.HeartbeatAnswers, io: 'output' },
  RenewedLease: { schema: leases.RenewedLease, io: 'output' },
  ItemFailure: { schema: leases.ItemFailure, io: 'output' },
  AcceptedUpdate: { schema: leases.AcceptedUpdate, io: 'output' },
  UpdateAnswers: { schema: leases.UpdateAnswers, io: 'output' },
  ControlDone: { schema: leases.ControlDone, io: 'output' },
  ControlRequested: { schema: leases.ControlRequested, io: 'output' },
  PresenceAnswer: { schema: PresenceAnswer, io: 'output' },
  PresenceEvent: { schema: PresenceEvent, io: 'output' },
  PresenceSocket: { schema: PresenceSocket, io: 'output' },
  Explanation: { schema: operations.Explanation, io: 'output' },
  FalseAlarms: { schema: operations.FalseAlarms, io: 'output' },
  Tally: { schema: operations.Tally, io: 'output' },
  Stats: { schema: operations.Stats, io: 'output' },
  SweepReport: { schema: operations.SweepReport, io: 'output' },
  Diagnosis: { schema: operations.Diagnosis, io: 'output' },
  MoveAnswer: { schema: operations.MoveAnswer, io: 'output' },
  ObjectPage: { schema: operations.ObjectPage, io: 'output' },
  ObjectWritten: { schema: operations.ObjectWritten, io: 'output' },
  Liveness: { schema: operations.Liveness, io: 'output' },
  Readiness: { schema: operations.Readiness, io: 'output' },
} as const satisfies Readonly<Record<string, Named>>;

export type SchemaName = keyof typeof SCHEMAS;
