import * as z from 'zod';
import { Bool } from '../schema/boolean.ts';
import type { FreeForm } from '../schema/free-form.ts';
import { Integer } from '../schema/integer.ts';
import { listOf } from '../schema/list.ts';
import { model } from '../schema/model.ts';

/** What is known of a sheet's prompt before it runs. */
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
