import * as z from 'zod';
import { CheckpointState } from '../../../lib/checkpoint/checkpoint.ts';
import { HISTORY_EVENTS } from '../../../lib/lease/history-entry.ts';
import {
  Epoch,
  Holder,
  Instant,
  JobId,
  Progress,
  SheetNumber,
  Standing,
  Status,
} from './values.ts';

export const KeptProgress = z
  .object({
    sheet: SheetNumber,
    attempt: z.int().min(0),
    progress: z.unknown(),
    at: Instant,
  })
  .meta({ description: 'The last progress that a holder reported of a sheet' });

export const HistoryEntry = z.object({
  at: Instant,
  event: z.enum(HISTORY_EVENTS),
  epoch: Epoch,
  holder: z.string().nullable(),
  by: z.string().nullable(),
  reason: z.string().nullable(),
});

/** What the service adds to a state, under its last key. */
export const JobLeaseData = z
  .object({
    epoch: Epoch,
    recoveries: z.int().min(0),
    lease: z.looseObject({ id: z.string(), holder: z.string(), acquired_at: Instant }).nullable(),
    delay: z.object({ unused_grants: z.int().min(0), until: Instant }).exactOptional(),
    waiting: z.object({ since: Instant, updated_at: Instant }).exactOptional(),
    progress: KeptProgress.exactOptional(),
    history: z.array(HistoryEntry).exactOptional(),
  })
  .meta({
    description:
      'What the service adds to a state once the job has been leased or controlled. It is ignored in requests.',
  });

const summary = {
  job_id: JobId,
  job_name: z.string(),
  status: Status,
  created_at: Instant,
  updated_at: Instant,
  started_at: Instant.nullable(),
  completed_at: Instant.nullable(),
  total_sheets: z.int().min(1),
  last_completed_sheet: z.int(),
  current_sheet: z.int().nullable(),
  progress: Progress,
  percent: z.number(),
  error_message: z.string().nullable().meta({ description: 'Redacted, and cut in lists' }),
  holder: Holder,
  epoch: Epoch,
  version: z.string().meta({ description: 'The text between the quotes of the `ETag` of the job' }),
};

export const JobSummary = z.object(summary).meta({ description: 'A job in a list' });

export const LiveJob = z
  .object({
    ...summary,
    standing: Standing,
    lease: z
      .object({ expires_at: Instant, renewed_at: Instant, ttl_seconds: z.int().min(1) })
      .nullable()
      .meta({ description: 'The lease that the job names; null if it is not leased' }),
    waiting_since: Instant.nullable().meta({
      description: 'Since when a claim may take the job; null if none may',
    }),
    delayed_until: Instant.nullable().meta({ description: 'No claim gets the job before' }),
    last_activity_at: Instant.meta({ description: 'The last change or heartbeat' }),
  })
  .meta({ description: 'A job in a list, with what it does now' });

export const CorruptJob = z
  .object({
    job_id: z.string().meta({ description: 'The name of the file, which may differ from the id' }),
    path: z.string(),
    error_type: z.enum(['json_decode', 'validation', 'unreadable']),
    detail: z.string(),
  })
  .meta({ description: 'A file that is no state' });

const page = {
  corrupt: z.array(CorruptJob).meta({
    description: 'On the first page only, and only for access tokens without a prefix',
  }),
  next_cursor: z.string().nullable().meta({
    description:
      'The `cursor` of the next page; null on the last one. A page that ends a long search early has fewer jobs than `limit`, or none, and a cursor',
  }),
};

export const JobPage = z
  .object({ jobs: z.array(JobSummary), ...page })
  .meta({ description: 'The answer with `view=summary`, the default' });

export const LiveJobPage = z
  .object({ jobs: z.array(LiveJob), ...page, server_time: Instant })
  .meta({ description: 'The answer with `view=live`' });

export const FullJobPage = z
  .object({ jobs: z.array(CheckpointState), ...page })
  .meta({ description: 'The answer with `view=full`' });

export const JobList = z.union([JobPage, LiveJobPage, FullJobPage]);

export const NextSheet = z.object({
  next_sheet: SheetNumber.nullable().meta({ description: 'Null when no sheet is left' }),
  exists: z.boolean().meta({ description: 'False for an unknown job, which begins with sheet 1' }),
  attempt: z.int().min(0).meta({ description: 'The `attempt_count` of that sheet' }),
});

export const StartedSheet = z
  .object({ sheet: SheetNumber, attempt: z.int().min(0) })
  .meta({ description: 'A sheet that the call has started, with the attempt that began' });

export const UpdateAnswer = z.object({
  job_id: JobId,
  status: Status,
  sheet: SheetNumber,
  next_sheet: SheetNumber.nullable(),
  progress: Progress,
  attempt: z.int().min(0).meta({ description: 'The `attempt_count` of the sheet' }),
  stale_attempt: z.literal(true).exactOptional().meta({
    description: 'Set if the update named an attempt that is over: it changed nothing',
  }),
  started: StartedSheet.nullable().exactOptional().meta({
    description: 'With `start` or `start_next`: the sheet that was started, null if none was',
  }),
});
