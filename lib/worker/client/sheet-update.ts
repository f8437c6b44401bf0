import { type Infer } from '../shape/shape.ts';
import { array, strictObject } from '../shape/structures.ts';
import { boolean, nullable, number, optional, string, unknown } from '../shape/values.ts';

/** The result of a completed sheet. Every member is optional. */
export const SheetResult = strictObject({
  /** The service stores only the tail of `stdout` and of `stderr`. */
  stdout: optional(nullable(string)),
  stderr: optional(nullable(string)),
  validation_passed: optional(boolean),
  validation_details: optional(nullable(array(unknown))),
  /** In seconds. The worker measures it if it is left out. */
  execution_duration_seconds: optional(nullable(number)),
});
export type SheetResult = Infer<typeof SheetResult>;

/** Why a sheet failed. Every member is optional. */
export interface SheetFailure {
  readonly error_message?: string;
  readonly error_category?: string;
  readonly error_code?: string;
  /** If it is given, the error is added to the error history of the sheet. */
  readonly error_type?: 'transient' | 'rate_limit' | 'permanent';
  readonly exit_code?: number;
  readonly exit_signal?: number;
  readonly exit_reason?: 'completed' | 'timeout' | 'killed' | 'error';
  readonly execution_duration_seconds?: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

/** The sheet that a completion starts in the same save: the next one, or the one with this number. At most one of both. */
export interface StartWith {
  readonly start_next?: boolean | undefined;
  readonly start?: number | undefined;
}

/**
 * An update of one sheet's status, with the names of the API. `attempt` is the attempt that the caller runs. With
 * `in_progress` it is the attempt that starts: the sheet's `attempt_count` + 1.
 */
export type SheetUpdate = (
  | { readonly status: 'in_progress' }
  | ({ readonly status: 'completed' } & SheetResult & StartWith)
  | ({ readonly status: 'failed' } & SheetFailure)
  | { readonly status: 'skipped'; readonly reason?: string }
) & { readonly attempt?: number | undefined };

/** Whether the update also starts a sheet. */
export function startsSheet(update: SheetUpdate): boolean {
  if (update.status !== 'completed') return false;
  return update.start_next === true || update.start !== undefined;
}
