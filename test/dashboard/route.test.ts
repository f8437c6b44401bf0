import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_FILTER } from '../../functions/dashboard/text/list-filter.ts';
import { encodeSegment, hashOf, parseRoute } from '../../functions/dashboard/text/route.ts';
import { anyText } from '../base/any-text.ts';

function jobRoute(jobId: string) {
  return { page: 'job', jobId, view: 'sheets', sheet: null } as const;
}

describe('hashOf() and parseRoute()', () => {
  it.each([
    ['a/b#c%20d?e&f'],
    ['<script>alert(1)</script>'],
    ['مهمة-٧'],
    ['🎼 dal segno'],
    ["it's (done)!*"],
    ['x'.repeat(200)],
    ['%2F%23'],
    ['..%2e'],
  ])('bring back the job id %j', jobId => {
    expect(parseRoute(hashOf(jobRoute(jobId)))).toEqual(jobRoute(jobId));
  });

  it('bring back any job id', () => {
    fc.assert(
      fc.property(anyText({ minLength: 1, maxLength: 200 }), jobId => {
        const hash = hashOf(jobRoute(jobId));
        expect(hash).toMatch(/^#\/jobs\/[\w.~%-]+$/);
        expect(parseRoute(hash)).toEqual(jobRoute(jobId.toWellFormed()));
      }),
    );
  });

  it('bring back a whole filter', () => {
    const filter = {
      q: 'a&b=c #1',
      status: ['running', 'failed'],
      standing: ['zombie'],
      jobName: 'Nightly, import',
      holder: 'w-1@host',
      updatedBefore: '2026-11-28T00:00:00.000Z',
      order: 'oldest',
    } as const;
    expect(parseRoute(hashOf({ page: 'jobs', filter }))).toEqual({ page: 'jobs', filter });
  });

  it('bring back the view and the sheet of a job', () => {
    const route = { page: 'job', jobId: 'a', view: 'timeline', sheet: 42 } as const;
    expect(parseRoute(hashOf(route))).toEqual(route);
  });
});

describe('parseRoute()', () => {
  it.each(['', '#', '#/', '#/jobs', '#/jobs?status='])('reads %j as all jobs', hash => {
    expect(parseRoute(hash)).toEqual({ page: 'jobs', filter: NO_FILTER });
  });

  it.each(['#/nothing', '#/jobs/%E0%A4', '#/service/x'])('finds no page for %j', hash => {
    expect(parseRoute(hash).page).toBe('missing');
  });

  it.each(['0', '-1', '1e9', '99999999999', 'x'])('ignores the sheet %j', sheet => {
    expect(parseRoute(`#/jobs/a?sheet=${sheet}`)).toMatchObject({ page: 'job', sheet: null });
  });

  it('ignores an unknown view, order and instant', () => {
    expect(parseRoute('#/jobs/a?view=x')).toMatchObject({ view: 'sheets' });
    expect(parseRoute('#/jobs?order=x&updated_before=yesterday')).toMatchObject({
      filter: { order: 'newest', updatedBefore: '' },
    });
  });
});

describe('encodeSegment()', () => {
  it('leaves nothing that ends a word of a shell', () => {
    expect(encodeSegment("a'b(c)!*")).toBe('a%27b%28c%29%21%2A');
  });
});
