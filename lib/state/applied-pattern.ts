import * as z from 'zod';
import type { FreeForm } from '../schema/free-form.ts';
import { model } from '../schema/model.ts';

/** A learned pattern that was applied to a sheet. */
export function appliedPattern(free: FreeForm) {
  return model({ free, depth: 5, fields: { id: z.string(), description: z.string() } });
}
