import * as z from 'zod';

export const JobStatus = z.enum([
  'pending',
  'running',
  'completed',
  'failed',
  'paused',
  'paused_at_chain',
  'cancelled',
]);
export type JobStatus = z.infer<typeof JobStatus>;

export const SheetStatus = z.enum([
  'pending',
  'ready',
  'dispatched',
  'in_progress',
  'waiting',
  'retry_scheduled',
  'fermata',
  'completed',
  'failed',
  'skipped',
  'cancelled',
]);
export type SheetStatus = z.infer<typeof SheetStatus>;
