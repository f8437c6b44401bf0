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

export const ErrorCategory = z.enum([
  'rate_limit',
  'transient',
  'validation',
  'auth',
  'network',
  'timeout',
  'signal',
  'fatal',
  'configuration',
  'preflight',
  'escalation',
]);
export type ErrorCategory = z.infer<typeof ErrorCategory>;

export const ErrorType = z.enum(['transient', 'rate_limit', 'permanent']);
export type ErrorType = z.infer<typeof ErrorType>;

export const ExitReason = z.enum(['completed', 'timeout', 'killed', 'error']);
export type ExitReason = z.infer<typeof ExitReason>;
