import { describe, expect, it } from 'vitest';
import {
  actionsFor,
  bulkEffectOf,
  effectOf,
  needsForce,
} from '../../functions/dashboard/text/job-action.ts';

const HELD = { status: 'running', holder: 'w-1', requested: null };
const PAUSED = { status: 'paused', holder: null, requested: null };

describe('actionsFor()', () => {
  it('offers for each status what can do something', () => {
    expect(actionsFor(HELD)).toEqual(['pause', 'complete', 'fail', 'cancel', 'delete']);
    expect(actionsFor(PAUSED)).toEqual(['pause', 'resume', 'complete', 'fail', 'cancel', 'delete']);
    expect(actionsFor({ ...PAUSED, status: 'completed' })).toEqual(['delete']);
    expect(actionsFor({ ...PAUSED, status: 'failed' })).toEqual(['resume', 'delete']);
  });

  it('offers to take back what was requested of the holder', () => {
    expect(actionsFor({ ...HELD, requested: 'pause' })).toContain('resume');
  });

  it('offers only the deletion of a file that is no state', () => {
    expect(actionsFor({ status: null, holder: null, requested: null })).toEqual(['delete']);
  });
});

describe('effectOf()', () => {
  it('says that a holder gets the request, or loses the job', () => {
    expect(effectOf('pause', HELD, false)).toContain('"w-1" gets the request');
    expect(effectOf('pause', HELD, true)).toContain('taken from "w-1" at once');
    expect(effectOf('pause', PAUSED, false)).toBe(
      'The job is paused. No claim takes it until somebody resumes it.',
    );
  });

  it('says that a held job is not deleted without force', () => {
    expect(needsForce('delete', HELD)).toBe(true);
    expect(effectOf('delete', HELD, false)).toContain('unless it is forced');
  });
});

describe('bulkEffectOf()', () => {
  it('speaks of each job, and of held ones', () => {
    expect(bulkEffectOf('delete', false)).toContain('each job is removed');
    expect(bulkEffectOf('delete', false)).toContain('held are left as they are');
    expect(bulkEffectOf('cancel', true)).toContain('taken from their holders');
  });
});
