import { describe, expect, it } from 'vitest';
import type { StandingKind } from '../../lib/lease/standing.ts';
import { Time } from '../../lib/schema/timestamp.ts';
import { type FilteredJob, type JobFilter, matcherOf } from '../../lib/storage/job-filter.ts';
import { shownText } from '../../lib/storage/job-summary.ts';

const JOB: FilteredJob = {
  job_id: 'etl-7',
  job_name: 'Straße (nightly)',
  status: 'running',
  holder: 'w-1',
  lease_key: 'leases/etl-7.1.json',
  at: Date.UTC(2026, 0, 2) * 1000,
};

/** The texts of a job with this long name, as an index has them. */
function outlineTexts(name: string) {
  return { job_name: shownText(name), holder: shownText(name) };
}

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

  it.each([
    ['straße', 'STRASSE'],
    ['STRASSE', 'straße'],
    ['Stra\u1e9ee', 'strasse'],
    ['\u039f\u0394\u039f\u03a3', '\u03bf\u03b4\u03bf\u03c2'],
    ['\u03bf\u03b4\u03bf\u03c2', '\u03b4\u03bf\u03c3'],
    ['\u0130zmir', 'i\u0307ZMIR'],
    ['Cafe\u0301', 'caf\u00c9'],
    ['Caf\u00e9', 'CAFE\u0301'],
    ['\u212aelvin', 'kelvin'],
    ['\ufb01nance', 'FINANCE'],
    ['a\u{10428}', 'A\u{10400}'],
  ])('finds in the name %s whatever is the same in upper case: %s', (job_name, query) => {
    const accepts = matcherOf({ query }, () => 'held');
    expect(accepts({ ...JOB, job_name })).toBe(true);
  });

  it.each([
    ['Café', 'cafe'],
    ['etl', 'et\u0142'],
    ['x', '\ud835'],
  ])('does not find in the name %s another letter: %s', (job_name, query) => {
    const accepts = matcherOf({ query }, () => 'held');
    expect(accepts({ ...JOB, job_id: 'j', job_name })).toBe(false);
  });

  it('compares long names as they are listed', () => {
    const long = 'x'.repeat(499);
    const job = { ...JOB, ...outlineTexts(`${long}\u{1f600}y`) };
    const accepts = (name: string) => matcherOf({ jobName: name, holder: name }, () => 'held')(job);
    expect(accepts(`${long}\u{1f600}y`)).toBe(true);
    expect(accepts(job.job_name)).toBe(true);
    expect(accepts(long)).toBe(false);
  });

  it('asks for the standing of those jobs alone that match else', () => {
    const standingOf = () => {
      throw new Error('asked');
    };
    expect(matcherOf({ holder: 'w-2', standings: ['held'] }, standingOf)(JOB)).toBe(false);
    expect(matcherOf({ holder: 'w-1' }, standingOf)(JOB)).toBe(true);
  });
});
