import * as z from 'zod';
import { Float } from '../schema/float.ts';
import type { FreeForm } from '../schema/free-form.ts';
import { Integer } from '../schema/integer.ts';
import { model } from '../schema/model.ts';

/** One look at a running sheet. */
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
