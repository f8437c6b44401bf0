import { describe, expect, it } from 'vitest';
import { JobState } from '../../../lib/worker/client/job.ts';
import { createRetryRule } from '../../../lib/worker/handler/retry-rule.ts';
import { parse } from '../../../lib/worker/shape/shape.ts';
import { createSheetRetries } from '../../../lib/worker/sheet-retries.ts';
import { aJob } from '../bodies.ts';

const NOON = '2026-03-04T12:00:00Z';
const RULE = createRetryRule({ jitter: 0 }, { fraction: () => 0 });

/** So many errors in the history of sheet 1, the last one at this time. */
function failed(count: number, { at = NOON, error_type = 'transient', ...sheet } = {}) {
  const error_history = Array.from({ length: count }, () => ({ timestamp: at, error_type }));
  const known = { sheet_num: 1, status: 'failed', attempt_count: 9, stdout_tail: null };
  const sheets = { '1': { ...known, stderr_tail: null, error_history, ...sheet } };
  return { state: parse(JobState, aJob({ sheets })), server_time: NOON };
}

describe('createSheetRetries()', () => {
  it.each([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 0],
    [4, 1],
    [50, 0],
  ])(
    'after %i failures of a sheet with three tries the next holder begins at %i',
    (count, from) => {
      expect(createSheetRetries(failed(count), 1, RULE).failures).toBe(from);
    },
  );

  it('counts no failures before a permanent one, and not that one', () => {
    expect(createSheetRetries(failed(2, { error_type: 'permanent' }), 1, RULE).failures).toBe(0);
  });

  it('waits the rest of the pause', () => {
    const at = '2026-03-04T11:59:59.400Z';
    expect(createSheetRetries(failed(1, { at }), 1, RULE).leftMs()).toBe(400);
  });

  it.each([
    ['is in the future', '2027-01-01T00:00:00Z'],
    ['is no time', 'yesterday'],
  ])('waits the whole pause where the last failure %s', (_, at) => {
    expect(createSheetRetries(failed(2, { at }), 1, RULE).leftMs()).toBe(2000);
  });

  it('waits for no sheet that has not failed', () => {
    expect(createSheetRetries(failed(0), 1, RULE).leftMs()).toBe(0);
    expect(createSheetRetries(failed(1), 2, RULE).leftMs()).toBe(0);
  });

  it.each([[{ max_retries: 'many' }], [{ max_retries: -1 }], [{ error_history: 'none' }]])(
    'has three tries where another program wrote %j',
    sheet => {
      const retries = createSheetRetries(failed(0, sheet as object), 1, RULE);
      expect([retries.fail(), retries.fail(), retries.fail()]).toEqual([true, true, false]);
    },
  );
});
