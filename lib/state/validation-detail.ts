import * as z from 'zod';
import { Bool } from '../schema/boolean.ts';
import { dictionaryOf } from '../schema/dictionary.ts';
import { Float } from '../schema/float.ts';
import type { FreeForm } from '../schema/free-form.ts';
import { model } from '../schema/model.ts';

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
