import * as z from 'zod';
import { Bool } from '../schema/boolean.ts';
import { dictionaryOf } from '../schema/dictionary.ts';
import { Float } from '../schema/float.ts';
import type { FreeForm } from '../schema/free-form.ts';
import { Integer, integerFrom } from '../schema/integer.ts';
import { listOf } from '../schema/list.ts';
import { model } from '../schema/model.ts';
import { Time } from '../schema/timestamp.ts';
import { UNSET_TIME } from '../schema/unset-time.ts';
import { ErrorType } from './status.ts';

/** A learned pattern that was applied to a sheet. */
export function appliedPattern(free: FreeForm) {
  return model({ free, depth: 5, fields: { id: z.string(), description: z.string() } });
}

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

export const OutcomeCategory = z.enum([
  'success_first_try',
  'success_retry',
  'success_completion',
  'failed_exhausted',
  'failed_fatal',
  'skipped_by_escalation',
]);

/** The outcome of a sheet's escalation. */
export function outcomeData(free: FreeForm) {
  return model({
    free,
    depth: 4,
    fields: {
      escalation_record_id: z.string().exactOptional(),
      escalation_skipped: Bool.exactOptional(),
    },
  });
}

/** The progress of a running sheet at one moment. */
export function progressSnapshot(free: FreeForm) {
  return model({
    free,
    depth: 5,
    fields: {
      sheet_num: Integer.exactOptional(),
      bytes_received: Integer.exactOptional(),
      lines_received: Integer.exactOptional(),
      elapsed_seconds: Float.exactOptional(),
      phase: z.string().exactOptional(),
      snapshot_at: z.string().exactOptional(),
    },
  });
}

/** Measurements of a sheet's prompt before it runs. */
export function promptMetrics(free: FreeForm) {
  return model({
    free,
    depth: 4,
    fields: {
      character_count: Integer.exactOptional(),
      estimated_tokens: Integer.exactOptional(),
      line_count: Integer.exactOptional(),
      word_count: Integer.exactOptional(),
      has_file_references: Bool.exactOptional(),
      referenced_paths: listOf(z.string()).exactOptional(),
    },
  });
}

/** The outcome of one validation rule on a sheet. */
export type ValidationDetail = z.infer<ReturnType<typeof validationDetail>>;

export function validationDetail(free: FreeForm) {
  return model({
    free,
    depth: 5,
    fields: {
      rule_type: z.string().exactOptional(),
      description: z.string().nullable().exactOptional(),
      path: z.string().nullable().exactOptional(),
      pattern: z.string().nullable().exactOptional(),
      passed: Bool,
      actual_value: z.string().nullable().exactOptional(),
      expected_value: z.string().nullable().exactOptional(),
      error_message: z.string().nullable().exactOptional(),
      checked_at: z.string().exactOptional(),
      check_duration_ms: Float.exactOptional(),
      confidence: Float.exactOptional(),
      confidence_factors: dictionaryOf(free, 'text', Float).exactOptional(),
      failure_reason: z.string().nullable().exactOptional(),
      failure_category: z.string().nullable().exactOptional(),
      suggested_fix: z.string().nullable().exactOptional(),
      error_type: z.string().nullable().exactOptional(),
    },
  });
}
