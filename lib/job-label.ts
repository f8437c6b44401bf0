import * as z from 'zod';
import { type JobOutline, type JobSummary, shownMessage } from './job-summary.ts';
import { parsePlain } from './plain-json.ts';
import { Time } from './schema/timestamp.ts';
import { JobStatus } from './state/status.ts';
import { MAX_LABEL_BYTES, type Version } from './store.ts';

/**
 * The summary of a job as a label of its object: with it a list needs no bodies. The body stays the
 * truth; an object that bears no label, or one that cannot be read, is read itself.
 */
const Label = z.object({
  job_id: z.string().min(1),
  job_name: z.string(),
  status: JobStatus,
  created_at: Time,
  updated_at: Time,
  started_at: Time.nullable(),
  completed_at: Time.nullable(),
  total_sheets: z.int(),
  last_completed_sheet: z.int(),
  current_sheet: z.int().nullable(),
  progress: z.tuple([z.int().min(0), z.int()]),
  percent: z.number(),
  error_message: z.string().nullable(),
  holder: z.string().nullable(),
  epoch: z.int().min(0),
});

/** Null where no label holds it all: such jobs are read when they are listed. */
export function labelOf(outline: JobOutline): string | null {
  const { total_sheets, last_completed_sheet, current_sheet } = outline;
  // Integers beyond 2^53 would lose digits on the way back.
  if (![total_sheets, last_completed_sheet, current_sheet ?? 0].every(Number.isSafeInteger))
    return null;
  const label = JSON.stringify(outline);
  return new TextEncoder().encode(label).byteLength <= MAX_LABEL_BYTES ? label : null;
}

export function summaryIn(label: string, version: Version): JobSummary | null {
  const parsed = Label.safeParse(parsePlain(label));
  if (!parsed.success) return null;
  const { error_message: message } = parsed.data;
  // Labels from before messages were redacted hold them as they came.
  return {
    ...parsed.data,
    error_message: message === null ? null : shownMessage(message),
    version,
  };
}
