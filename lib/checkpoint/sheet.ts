import * as z from 'zod';
import { floatValue } from '../json/number.ts';
import { isObject } from '../json/value.ts';
import { Bool } from '../schema/boolean.ts';
import { dictionaryOf } from '../schema/dictionary.ts';
import { Float, floatBetween } from '../schema/float.ts';
import type { FreeForm } from '../schema/free-form.ts';
import { Integer, integerFrom } from '../schema/integer.ts';
import { listOf } from '../schema/list.ts';
import { model } from '../schema/model.ts';
import { Time } from '../schema/timestamp.ts';
import {
  appliedPattern,
  errorRecord,
  OutcomeCategory,
  outcomeData,
  progressSnapshot,
  promptMetrics,
  validationDetail,
} from './sheet-records.ts';
import { ErrorCategory, ExitReason, SheetStatus } from './status.ts';

/** One sheet of a job: the reference's `SheetState`, field by field in its order. */
export type SheetState = z.infer<ReturnType<typeof sheetState>>;

export function sheetState(free: FreeForm) {
  return model({
    free,
    depth: 3,
    migrate: migratePatterns,
    migrated: ['applied_pattern_ids', 'applied_pattern_descriptions'],
    excluded: {
      next_retry_at: Float.nullable().default(null),
      dispatched_at: Float.nullable().default(null),
      attempt_results: listOf(free.value(5)).default([]),
    },
    fields: {
      sheet_num: integerFrom(1),
      status: SheetStatus.default('pending'),
      started_at: Time.nullable().default(null),
      completed_at: Time.nullable().default(null),
      attempt_count: Integer.default(0),
      exit_code: Integer.nullable().default(null),
      error_message: z.string().nullable().default(null),
      error_category: ErrorCategory.nullable().default(null),
      error_code: z.string().nullable().default(null),
      validation_passed: Bool.nullable().default(null),
      validation_details: listOf(validationDetail(free)).nullable().default(null),
      instrument_name: z.string().nullable().default(null),
      instrument_model: z.string().nullable().default(null),
      movement: Integer.nullable().default(null),
      voice: Integer.nullable().default(null),
      exit_signal: Integer.nullable().default(null),
      exit_reason: ExitReason.nullable().default(null),
      execution_duration_seconds: Float.nullable().default(null),
      completion_attempts: Integer.default(0),
      passed_validations: listOf(z.string()).default([]),
      failed_validations: listOf(z.string()).default([]),
      last_pass_percentage: Float.nullable().default(null),
      execution_mode: z.enum(['normal', 'completion', 'retry']).nullable().default(null),
      outcome_data: outcomeData(free).nullable().default(null),
      confidence_score: floatBetween(0, 1).nullable().default(null),
      learned_patterns: listOf(z.string()).default([]),
      similar_outcomes_count: Integer.default(0),
      success_without_retry: Bool.default(false),
      outcome_category: OutcomeCategory.nullable().default(null),
      stdout_tail: z.string().nullable().default(null),
      stderr_tail: z.string().nullable().default(null),
      output_truncated: Bool.default(false),
      prompt_metrics: promptMetrics(free).nullable().default(null),
      preflight_warnings: listOf(z.string()).default([]),
      progress_snapshots: listOf(progressSnapshot(free)).default([]),
      last_activity_at: Time.nullable().default(null),
      error_history: listOf(errorRecord(free)).default([]),
      instrument_fallback_history: listOf(dictionaryOf(free, 'text', z.string())).default([]),
      fire_at: Time.nullable().default(null),
      rate_limit_expires_at: Time.nullable().default(null),
      healing_attempts: Integer.default(0),
      normal_attempts: Integer.default(0),
      max_retries: Integer.default(3),
      max_completion: Integer.default(5),
      total_cost_usd: Float.default(() => floatValue(0)),
      total_duration_seconds: Float.default(() => floatValue(0)),
      model: z.string().nullable().default(null),
      fallback_chain: listOf(z.string()).default([]),
      current_instrument_index: Integer.default(0),
      fallback_attempts: dictionaryOf(free, 'text', Integer).default({}),
      sheet_timeout_seconds: Float.default(() => floatValue(1800)),
      display_status: z.string().nullable().default(null),
      applied_patterns: listOf(appliedPattern(free)).default([]),
      grounding_passed: Bool.nullable().default(null),
      grounding_confidence: floatBetween(0, 1).nullable().default(null),
      grounding_guidance: z.string().nullable().default(null),
      input_tokens: Integer.nullable().default(null),
      output_tokens: Integer.nullable().default(null),
      estimated_cost: Float.nullable().default(null),
      cost_confidence: floatBetween(0, 1).default(() => floatValue(1)),
      agent_feedback: free.object(4).nullable().default(null),
    },
  });
}

/**
 * Older files have two parallel lists instead of `applied_patterns`. If their lengths differ, the missing
 * half of a pair is empty.
 */
function migratePatterns(
  input: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const ids = input['applied_pattern_ids'] ?? null;
  const descriptions = input['applied_pattern_descriptions'] ?? null;
  if (Object.hasOwn(input, 'applied_patterns')) return input;
  if (isEmpty(ids) && isEmpty(descriptions)) return input;
  const left = isEmpty(ids) ? [] : listFrom(ids);
  const right = isEmpty(descriptions) ? [] : listFrom(descriptions);
  // A value that is not a list stays, and the check of `applied_patterns` refuses it.
  if (left === null || right === null) return { ...input, applied_patterns: ids ?? descriptions };
  const longer = left.length >= right.length ? left : right;
  const applied_patterns = longer.map((_, index) => ({
    id: index < left.length ? left[index] : '',
    description: index < right.length ? right[index] : '',
  }));
  return { ...input, applied_patterns };
}

/** Whether Python treats the value as false. */
function isEmpty(value: unknown): boolean {
  if (value === null || value === false || value === 0 || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

/** A limit, because each character of a text becomes a pattern. */
const MAX_CHARACTERS = 10_000;

/** As in Python, a text counts as the list of its characters. */
function listFrom(value: unknown): readonly unknown[] | null {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'string' || value.length > MAX_CHARACTERS) return null;
  return Array.from(value);
}
