import * as z from 'zod';
import { dictionaryOf } from '../schema/dictionary.ts';
import type { FreeForm } from '../schema/free-form.ts';
import { Integer } from '../schema/integer.ts';
import { listOf } from '../schema/list.ts';
import { model } from '../schema/model.ts';

/** The results of a batch of sheets, made into one. */
export function synthesisResult(free: FreeForm) {
  return model({
    free,
    depth: 3,
    fields: {
      batch_id: z.string().exactOptional(),
      sheets: listOf(Integer).exactOptional(),
      strategy: z.enum(['merge', 'summarize', 'pass_through']).exactOptional(),
      status: z.enum(['pending', 'ready', 'done', 'failed']).exactOptional(),
      created_at: z.string().nullable().exactOptional(),
      completed_at: z.string().nullable().exactOptional(),
      sheet_outputs: dictionaryOf(free, 'integer', z.string()).exactOptional(),
      synthesized_content: z.string().nullable().exactOptional(),
      error_message: z.string().nullable().exactOptional(),
      metadata: free.object(4).exactOptional(),
      conflict_detection: free.object(4).nullable().exactOptional(),
    },
  });
}
