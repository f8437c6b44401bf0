import { describe, expect, it } from 'vitest';
import { isEarlier } from '../../lib/copy/earlier.ts';
import type { CheckpointState } from '../../lib/state/checkpoint.ts';
import { decodeState } from '../../lib/state/codec.ts';
import { frozenClock } from '../support/clock.ts';

const LEASE = { id: 'l1', holder: 'w', token_sha256: 'x', acquired_at: '2026-01-01T00:00:00Z' };

function aState(overrides: Readonly<Record<string, unknown>> = {}): CheckpointState {
  const state = {
    job_id: 'job-1',
    job_name: 'A job',
    total_sheets: 2,
    status: 'running',
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T01:00:00Z',
    ...overrides,
  };
  const body = new TextEncoder().encode(JSON.stringify(state));
  const decoded = decodeState(body, { source: 'file', now: frozenClock().now() });
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.faults));
  return decoded.value;
}

const LATER = { updated_at: '2026-01-01T02:00:00Z' };
const DONE = { sheets: { 1: { sheet_num: 1, status: 'completed' } } };

describe('isEarlier()', () => {
  it('is true of a state that the other one came of', () => {
    expect(isEarlier(aState(), aState({ ...LATER, ...DONE }))).toBe(true);
  });

  const others: readonly [string, Record<string, unknown>, Record<string, unknown>][] = [
    ['of the same time', {}, {}],
    ['of a later time', LATER, {}],
    ['of another job', { job_id: 'job_1' }, LATER],
    ['of a job that was created anew', { created_at: '2026-01-01T00:30:00Z' }, LATER],
    ['that is over', { status: 'cancelled' }, LATER],
    ['with a later lease', { dalsegno: { epoch: 2, lease: LEASE } }, LATER],
    [
      'with another lease of the same epoch',
      { dalsegno: { epoch: 1, lease: LEASE } },
      { ...LATER, dalsegno: { epoch: 1, lease: { ...LEASE, id: 'l2' } } },
    ],
    ['with a sheet that the other has not done', DONE, LATER],
  ];

  it.each(others)('is false of a state %s', (_name, there, here) => {
    expect(isEarlier(aState(there), aState(here))).toBe(false);
  });

  it.each([
    [{ dalsegno: { epoch: 1, lease: LEASE } }, { dalsegno: { epoch: 1, lease: LEASE } }],
    [{ dalsegno: { epoch: 1, lease: LEASE } }, { dalsegno: { epoch: 1, lease: null } }],
    [{ dalsegno: { epoch: 1, lease: LEASE } }, { dalsegno: { epoch: 2, lease: LEASE } }],
    [{ status: 'completed' }, { status: 'completed' }],
    [DONE, DONE],
  ])('is true of %j before %j', (there, here) => {
    expect(isEarlier(aState(there), aState({ ...LATER, ...here }))).toBe(true);
  });
});
