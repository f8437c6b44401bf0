import * as z from 'zod';
import { floatValue } from '../json/number.ts';
import { Bool } from '../schema/boolean.ts';
import { dictionaryOf } from '../schema/dictionary.ts';
import { Float } from '../schema/float.ts';
import { type FreeForm, freeForm } from '../schema/free-form.ts';
import { Integer, integerFrom } from '../schema/integer.ts';
import { listOf } from '../schema/list.ts';
import { model } from '../schema/model.ts';
import { Time } from '../schema/timestamp.ts';
import { UNSET_TIME } from '../schema/unset-time.ts';
import { type SheetState, sheetState } from './sheet.ts';
import { JobStatus } from './status.ts';

/**
 * The checkpoint state of a job: the reference's `CheckpointState`, field by field in its order. The whole
 * code uses the names of the file. Translating a hundred fields would cost time on every request and add
 * no meaning.
 */
export type CheckpointState = z.infer<ReturnType<typeof checkpointState>>;

function checkpointState(free: FreeForm, sheet: z.ZodType<SheetState>) {
  return model({
    free,
    depth: 1,
    fields: {
      job_id: z.string(),
      job_name: z.string(),
      config_hash: z.string().nullable().default(null),
      config_snapshot: free.object(2).nullable().default(null),
      config_path: z.string().nullable().default(null),
      created_at: Time.default(UNSET_TIME),
      updated_at: Time.default(UNSET_TIME),
      started_at: Time.nullable().default(null),
      completed_at: Time.nullable().default(null),
      total_sheets: integerFrom(1),
      last_completed_sheet: Integer.default(0),
      current_sheet: Integer.nullable().default(null),
      status: JobStatus.default('pending'),
      sheets: dictionaryOf(free, 'integer', sheet).default({}),
      instruments_used: listOf(z.string()).default([]),
      total_movements: Integer.nullable().default(null),
      pid: Integer.nullable().default(null),
      error_message: z.string().nullable().default(null),
      total_retry_count: Integer.default(0),
      rate_limit_waits: Integer.default(0),
      quota_waits: Integer.default(0),
      resume_at: z.string().nullable().default(null),
      total_input_tokens: Integer.default(0),
      total_output_tokens: Integer.default(0),
      total_estimated_cost: Float.default(() => floatValue(0)),
      cost_limit_reached: Bool.default(false),
      worktree_path: z.string().nullable().default(null),
      worktree_branch: z.string().nullable().default(null),
      worktree_locked: Bool.default(false),
      worktree_base_commit: z.string().nullable().default(null),
      isolation_mode: z.enum(['worktree', 'none']).nullable().default(null),
      isolation_fallback_used: Bool.default(false),
      parallel_enabled: Bool.default(false),
      parallel_max_concurrent: Integer.default(1),
      parallel_batches_executed: Integer.default(0),
      sheets_in_progress: listOf(Integer).default([]),
      synthesis_results: dictionaryOf(free, 'text', synthesisResult(free)).default({}),
      hook_results: listOf(free.object(3)).default([]),
      spec_corpus_hash: z.string().default(''),
      circuit_breaker_history: listOf(free.object(3)).default([]),
    },
  });
}

const engineForm = freeForm('engine');
const exactForm = freeForm('exact');

/** For one sheet, parsed by the engine or by the exact parser. */
export const SheetFromEngine = sheetState(engineForm);
export const SheetFromExact = sheetState(exactForm);

/*
 * One schema in two variants, by the parser of its values. For values of the engine's parser it throws
 * `NeedsExactParse` if that parser may have lost something.
 */

/** For a document parsed by the engine. */
export const CheckpointFromEngine = checkpointState(engineForm, SheetFromEngine);

/** For a document parsed by the exact parser. */
export const CheckpointState = checkpointState(exactForm, SheetFromExact);

/** A sheet with default values. `sheetNum` is 1 or more. */
export function newSheet(sheetNum: Integer): SheetState {
  return { ...BLANK_SHEET, sheet_num: sheetNum };
}

// States are never changed in place, so new sheets share their empty lists.
const BLANK_SHEET = SheetFromExact.parse({ sheet_num: 1 });

/** The merged results of a batch of sheets. */
function synthesisResult(free: FreeForm) {
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
