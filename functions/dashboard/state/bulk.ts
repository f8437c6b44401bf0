import type { BulkAnswer, Skipped } from '../../../lib/client/answers.ts';
import type { JobAction } from '../text/job-action.ts';
import type { BulkFilter } from '../text/list-filter.ts';
import { callFor } from './call.ts';

export interface BulkRequest {
  readonly action: JobAction;
  readonly filter: BulkFilter;
  readonly force: boolean;
  readonly message: string;
}

/** What a dry run says. */
export interface BulkPreview {
  readonly matched: number;
  readonly sample: readonly string[];
}

export interface BulkProgress {
  readonly seen: number;
  readonly done: number;
  readonly pending: number;
  /** All of them, also those that are not in `skipped`. */
  readonly skippedCount: number;
  /** The first of them. */
  readonly skipped: readonly Skipped[];
}

const MAX_SKIPPED_SHOWN = 100;
/** As many ids as the service names of one count. */
const SAMPLE = 20;
/** One call takes some seconds at most, so that the progress moves and a cancellation takes effect soon. */
const LIMIT = 100;

/** How many jobs the action would reach. Changes nothing. */
export async function previewBulk(request: BulkRequest, signal: AbortSignal): Promise<BulkPreview> {
  let preview: BulkPreview = { matched: 0, sample: [] };
  let cursor: string | null = null;
  do {
    const body = bodyOf(request, { dry_run: true, ...(cursor === null ? {} : { cursor }) });
    const answer: BulkAnswer = await callFor<BulkAnswer>('/v1/bulk', {
      method: 'POST',
      body,
      signal,
    });
    const { matched, sample = [] } = answer;
    preview = {
      matched: preview.matched + matched,
      sample: [...preview.sample, ...sample].slice(0, SAMPLE),
    };
    ({ cursor } = answer);
  } while (cursor !== null);
  return preview;
}

/**
 * Calls until no job is left, and reports after each call. Once `signal` is aborted no further call begins; the one under
 * way is completed, so that the report is whole.
 */
export async function runBulk(
  request: BulkRequest,
  { signal, report }: { signal: AbortSignal; report: (progress: BulkProgress) => void },
): Promise<BulkProgress> {
  let progress: BulkProgress = { seen: 0, done: 0, pending: 0, skippedCount: 0, skipped: [] };
  let cursor: string | null = null;
  do {
    const body = bodyOf(request, {
      dry_run: false,
      limit: LIMIT,
      ...(cursor === null ? {} : { cursor }),
    });
    const answer: BulkAnswer = await callFor<BulkAnswer>('/v1/bulk', { method: 'POST', body });
    progress = withAnswer(progress, answer);
    report(progress);
    cursor = answer.cursor;
  } while (cursor !== null && !signal.aborted);
  return progress;
}

/** The body of the call, also for the command that is offered to copy. */
export function bodyOf(
  { action, filter, force, message }: BulkRequest,
  rest: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return {
    action,
    filter,
    ...rest,
    ...(force ? { force: true } : {}),
    ...(action === 'fail' && message.trim() !== '' ? { error_message: message.trim() } : {}),
  };
}

function withAnswer(progress: BulkProgress, answer: BulkAnswer): BulkProgress {
  const { done, pending, skipped } = answer;
  return {
    seen: progress.seen + done + pending + skipped.length,
    done: progress.done + done,
    pending: progress.pending + pending,
    skippedCount: progress.skippedCount + skipped.length,
    skipped: [...progress.skipped, ...skipped].slice(0, MAX_SKIPPED_SHOWN),
  };
}
