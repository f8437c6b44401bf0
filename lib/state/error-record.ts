import * as z from 'zod';
import type { FreeForm } from '../schema/free-form.ts';
import { integerFrom } from '../schema/integer.ts';
import { model } from '../schema/model.ts';
import { Time } from '../schema/timestamp.ts';
import { ErrorType } from './error-category.ts';
import { UNSET_TIME } from './unset-time.ts';

/** One error of a sheet's execution: the reference's `CheckpointErrorRecord`. */
export type ErrorRecord = z.infer<ReturnType<typeof errorRecord>>;

export function errorRecord(free: FreeForm) {
  return model({
    free,
    depth: 5,
    fields: {
      timestamp: Time.default(UNSET_TIME),
      error_type: ErrorType,
      error_code: z.string(),
      error_message: z.string(),
      attempt_number: integerFrom(1),
      context: free.object(6).default({}),
      stdout_tail: z.string().nullable().default(null),
      stderr_tail: z.string().nullable().default(null),
      stack_trace: z.string().nullable().default(null),
    },
  });
}
