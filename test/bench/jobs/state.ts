import { CheckpointState } from '../../../lib/checkpoint/checkpoint.ts';
import { encodeState } from '../../../lib/checkpoint/codec.ts';
import type { Bytes } from '../../../lib/store.ts';

/** A size of state, by the number of its sheets: each takes about 2.6 KB. */
export interface Size {
  readonly name: string;
  readonly sheets: number;
}

export const TINY: Size = { name: '3.9 KB', sheets: 1 };
export const SMALL: Size = { name: '14 KB', sheets: 5 };
export const MEDIUM: Size = { name: '130 KB', sheets: 49 };
export const LARGE: Size = { name: '1.3 MB', sheets: 495 };

export const SIZES = [SMALL, MEDIUM, LARGE];

/** Whether the state carries the job's configuration, a value of free form with numbers of all kinds. */
export type Snapshot = 'with snapshot' | 'without snapshot';

/** The file of a running job whose sheets but the last are completed, or all: a step further. */
export function stateBody(
  jobId: string,
  { sheets }: Pick<Size, 'sheets'>,
  options: {
    readonly snapshot?: Snapshot;
    readonly completed?: number;
    /** States of different editions have no sheet in common. */
    readonly edition?: number;
    /** What a sheet keeps beside its times: few make it smaller by a quarter. */
    readonly details?: 'all' | 'few';
  } = {},
): Bytes {
  const { snapshot = 'with snapshot', completed = Math.max(0, sheets - 1), edition = 1 } = options;
  const { details = 'all' } = options;
  const numbers = Array.from({ length: sheets }, (_, index) => index + 1);
  const state = CheckpointState.parse({
    job_id: jobId,
    job_name: 'nightly-migration',
    config_hash: 'b1946ac92492d2347c6235b4d2611184',
    config_snapshot: snapshot === 'with snapshot' ? SNAPSHOT : null,
    config_path: '/srv/jobs/nightly-migration.yaml',
    created_at: '2026-01-02T03:04:05.678901Z',
    updated_at: '2026-01-02T04:04:05.678901Z',
    started_at: '2026-01-02T03:04:06.1Z',
    total_sheets: sheets + 1,
    last_completed_sheet: completed,
    current_sheet: sheets === 0 ? null : sheets,
    status: 'running',
    sheets: Object.fromEntries(
      numbers.map(num => [num, sheet(num, { completed: num <= completed, edition, details })]),
    ),
    total_estimated_cost: 0.0125 * sheets,
  });
  return encodeState(state).file;
}

const SNAPSHOT = {
  name: 'nightly-migration',
  backend: {
    type: 'cli',
    model: 'large',
    temperature: 0.7,
    timeout_seconds: JSON.rawJSON('1800.0'),
  },
  sheet: { size: 1, total_items: 500, start_item: 1 },
  retry: { max_retries: 3, base_delay_seconds: JSON.rawJSON('10.0'), jitter: true },
  validations: [{ type: 'file_exists', path: '{workspace}/sheet-{sheet_num}.md', stage: 1 }],
};

function sheet(
  sheetNum: number,
  { completed, edition, details }: { completed: boolean; edition: number; details: 'all' | 'few' },
): Record<string, unknown> {
  const minute = String(sheetNum % 60).padStart(2, '0');
  return {
    sheet_num: sheetNum,
    status: completed ? 'completed' : 'in_progress',
    started_at: `2026-01-02T03:${minute}:05.678901Z`,
    completed_at: completed ? `2026-01-02T03:${minute}:59.5Z` : null,
    attempt_count: edition,
    exit_code: completed ? 0 : null,
    validation_passed: completed ? true : null,
    validation_details: completed && details === 'all' ? [VALIDATION] : null,
    execution_duration_seconds: completed ? 53.821099 : null,
    stdout_tail: `Sheet ${sheetNum}\n${'Moved 1 of 1 tables; "orders" is done.\n'.repeat(details === 'all' ? 8 : 1)}`,
    confidence_score: 0.875,
    input_tokens: 12_034,
    output_tokens: 2_890,
    estimated_cost: 0.0125,
  };
}

const VALIDATION = {
  rule_type: 'file_exists',
  description: 'The report was written',
  path: '/srv/work/report.md',
  passed: true,
  checked_at: '2026-01-02T03:04:59.500000+00:00',
  check_duration_ms: 0.41,
};
