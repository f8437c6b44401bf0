import * as z from 'zod';

/** What the service keeps of a sheet that was completed; all of it may be left out. */
export const SheetResult = z.strictObject({
  /** Of either stream the service keeps the tail. */
  stdout: z.string().nullable().optional(),
  stderr: z.string().nullable().optional(),
  validation_passed: z.boolean().optional(),
  validation_details: z.array(z.unknown()).nullable().optional(),
  /** Measured where it is left out. */
  execution_duration_seconds: z.number().nullable().optional(),
});
export type SheetResult = z.infer<typeof SheetResult>;

export interface SheetFault {
  readonly error_message?: string;
  readonly error_category?: string;
  readonly error_code?: string;
  /** With it the error joins the sheet's history. */
  readonly error_type?: 'transient' | 'rate_limit' | 'permanent';
  readonly exit_code?: number;
  readonly exit_signal?: number;
  readonly exit_reason?: 'completed' | 'timeout' | 'killed' | 'error';
  readonly execution_duration_seconds?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/**
 * A transition of one sheet, in the names of the API. `attempt` is the one that the caller runs, and with
 * `in_progress` the one that it starts: the sheet's `attempt_count` + 1.
 */
export type SheetUpdate = (
  | { readonly status: 'in_progress' }
  | ({ readonly status: 'completed' } & SheetResult)
  | ({ readonly status: 'failed' } & SheetFault)
  | { readonly status: 'skipped'; readonly reason?: string }
) & { readonly attempt?: number | undefined };
