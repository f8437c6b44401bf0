import { describe, expect, it } from 'vitest';
import type { CheckpointState } from '../../lib/checkpoint/checkpoint.ts';
import { decodeState } from '../../lib/checkpoint/codec.ts';
import { nextSheet } from '../../lib/checkpoint/progress.ts';
import { applyUpdate, SheetUpdate } from '../../lib/checkpoint/sheet-update.ts';
import {
  cancelJob,
  failJob,
  MAX_ERROR_HISTORY,
  pauseJob,
} from '../../lib/checkpoint/transitions.ts';
import { Time } from '../../lib/schema/timestamp.ts';

const now = Time.parse('2026-01-02T03:04:05.678901Z');

function aJob(fields: Record<string, unknown> = {}): CheckpointState {
  const text = JSON.stringify({ job_id: 'a', job_name: 'n', total_sheets: 3, ...fields });
  const decoded = decodeState(new TextEncoder().encode(text), { source: 'file', now });
  if (!decoded.ok) throw new TypeError(JSON.stringify(decoded.faults));
  return decoded.value;
}

function update(state: CheckpointState, sheetNum: number, body: unknown): CheckpointState {
  return applyUpdate(state, sheetNum, SheetUpdate.parse(body), now);
}

describe('applyMark()', () => {
  it('clears what the last attempt left when a sheet starts again', () => {
    const failed = update(aJob(), 1, { status: 'failed', error_message: 'boom', exit_code: 2 });
    const started = update(failed, 1, { status: 'in_progress' });
    expect(started.sheets).toMatchObject({
      1: { status: 'in_progress', error_message: null, exit_code: null, attempt_count: 1 },
    });
    expect(started).toMatchObject({ status: 'running', current_sheet: 1, total_retry_count: 1 });
  });

  it('completes the job when all its sheets are completed, in whatever order', () => {
    const order = [3, 1, 2];
    const states = order.map((_, count) =>
      order
        .slice(0, count + 1)
        .reduce((state, sheet) => update(state, sheet, { status: 'completed' }), aJob()),
    );
    expect(states.map(state => state.status)).toEqual(['pending', 'pending', 'completed']);
    expect(states.map(state => state.last_completed_sheet)).toEqual([3, 3, 3]);
    expect(states.at(-1)?.completed_at).toBe(now);
  });

  it('goes on past a skipped sheet, and does not count it as completed', () => {
    const skipped = update(aJob(), 1, { status: 'skipped', reason: 'not needed' });
    const next = update(skipped, 2, { status: 'completed' });
    expect(next.sheets).toMatchObject({ 1: { status: 'skipped', error_message: 'not needed' } });
    expect(nextSheet(next)).toBe(3);
    expect(update(next, 3, { status: 'completed' }).status).toBe('pending');
  });

  it('keeps the tails of the output with credentials redacted', () => {
    const stdout = `${'x'.repeat(60_000)}\nAuthorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789\n`;
    const done = update(aJob(), 1, { status: 'completed', stdout });
    const sheet = Object(done.sheets)['1'];
    expect(sheet).toMatchObject({ output_truncated: true, stderr_tail: null });
    expect(sheet.stdout_tail).toContain('[REDACTED_BEARER_TOKEN]');
    expect(sheet.stdout_tail).not.toContain('abcdefghijklmnop');
    expect(new TextEncoder().encode(sheet.stdout_tail).byteLength).toBeLessThanOrEqual(51_200);
  });

  it('keeps the newest errors of a sheet, up to the limit', () => {
    const body = (count: number) => ({
      status: 'failed',
      error_type: 'transient',
      error_code: `E${count}`,
      error_message: 'boom',
    });
    let state = aJob();
    for (let count = 1; count <= MAX_ERROR_HISTORY + 5; count++)
      state = update(state, 1, body(count));
    const history = Object(state.sheets)['1'].error_history;
    expect(history).toHaveLength(MAX_ERROR_HISTORY);
    expect(history[0]).toMatchObject({ error_code: 'E6', attempt_number: 1, timestamp: now });
    expect(history.at(-1)).toMatchObject({ error_code: `E${MAX_ERROR_HISTORY + 5}` });
  });

  it('leaves the state that it was given alone', () => {
    const before = aJob({ sheets: { 1: { sheet_num: 1 } } });
    const text = JSON.stringify(before);
    update(before, 1, { status: 'failed', error_type: 'permanent', stdout: 'x' });
    expect(JSON.stringify(before)).toBe(text);
  });
});

describe('pauseJob(), failJob() and cancelJob()', () => {
  const running = aJob({ status: 'running', pid: 7 });

  it('clear the pid of the process', () => {
    for (const state of [
      pauseJob(running),
      failJob(running, 'boom', now),
      cancelJob(running, now),
    ]) {
      expect(state.pid).toBeNull();
    }
  });

  it('leave a paused job open, and close the others', () => {
    expect(pauseJob(running)).toMatchObject({ status: 'paused', completed_at: null });
    expect(failJob(running, 'boom', now)).toMatchObject({
      status: 'failed',
      error_message: 'boom',
      completed_at: now,
    });
    expect(cancelJob(running, now)).toMatchObject({
      status: 'cancelled',
      completed_at: now,
    });
  });
});

describe('nextSheet()', () => {
  it('is none for a job that is over', () => {
    expect(nextSheet(aJob({ status: 'completed' }))).toBeNull();
    expect(nextSheet(aJob({ status: 'cancelled' }))).toBeNull();
  });

  it('is found at once in a job of very many sheets', () => {
    const total = JSON.rawJSON(`1${'0'.repeat(100)}`);
    const next = nextSheet(aJob({ total_sheets: total, last_completed_sheet: 5 }));
    expect(next).toBe(6);
  });
});
