import { describe, expect, it } from 'vitest';
import type { StandingKind } from '../../lib/lease/standing.ts';
import { Time } from '../../lib/schema/timestamp.ts';
import { type FilteredJob, type JobFilter, matcherOf } from '../../lib/storage/job-filter.ts';

const JOB: FilteredJob = {
  job_id: 'etl-7',
  job_name: 'Straße (nightly)',
  status: 'running',
  holder: 'w-1',
  lease_key: 'leases/etl-7.1.json',
  at: Date.UTC(2026, 0, 2) * 1000,
};

function isMatch(filter: JobFilter, standing: StandingKind = 'held'): boolean {
  return matcherOf(filter, () => standing)(JOB);
}

describe('matcherOf()', () => {
  it.each([
    {},
    { statuses: [], standings: [], query: '', jobName: null, holder: null, updatedBefore: null },
    { query: 'ETL-' },
    { query: 'STRAßE (N' },
    { query: 'y)' },
    { jobName: 'Straße (nightly)' },
    { holder: 'w-1' },
    { statuses: ['pending', 'running'] as const },
    { standings: ['held', 'zombie'] as const },
    { prefix: 'etl-' },
    { updatedBefore: Time.parse('2026-01-02T00:00:00.000001Z') },
    { updatedBefore: Time.parse('2026-01-02T01:00:01+01:00') },
  ])('takes a job of which all parts are true: %j', filter => {
    expect(isMatch(filter)).toBe(true);
  });

  it.each([
    { query: 'etl.7' },
    { query: 'etl-7 ' },
    { query: '.*' },
    { jobName: 'straße (nightly)' },
    { jobName: '' },
    { holder: 'w' },
    { statuses: ['pending'] as const },
    { standings: ['stalled'] as const },
    { prefix: 'ETL' },
    { updatedBefore: Time.parse('2026-01-02T00:00:00Z') },
    { query: 'etl', statuses: ['failed'] as const },
  ])('leaves a job out of which one part is not true: %j', filter => {
    expect(isMatch(filter)).toBe(false);
  });

  it('asks for the standing of those jobs alone that match else', () => {
    const standingOf = () => {
      throw new Error('asked');
    };
    expect(matcherOf({ holder: 'w-2', standings: ['held'] }, standingOf)(JOB)).toBe(false);
    expect(matcherOf({ holder: 'w-1' }, standingOf)(JOB)).toBe(true);
  });
});
