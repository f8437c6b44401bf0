import * as z from 'zod';
import { Bool } from '../schema/boolean.ts';
import type { FreeForm } from '../schema/free-form.ts';
import { model } from '../schema/model.ts';

export const OutcomeCategory = z.enum([
  'success_first_try',
  'success_retry',
  'success_completion',
  'failed_exhausted',
  'failed_fatal',
  'skipped_by_escalation',
]);

/** What came of a sheet's escalation. */
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
