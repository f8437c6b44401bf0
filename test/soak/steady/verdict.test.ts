import { describe, expect, it } from 'vitest';
import { minutesOf } from './minutes.ts';
import { plotOfSoak } from './plot.ts';
import type { Second } from './second.ts';
import { trendOf, verdictOn, verdictText } from './verdict.ts';

const MB = 2 ** 20;

/** Ten minutes, in which each measure is a function of the second. */
function soak(more: (at: number) => Partial<Second> = () => ({})): Second[] {
  return Array.from({ length: 600 }, (_, at) => ({
    at,
    tally: { done: 100, latencies: [1, 2, 3], failures: {}, queued: 0 },
    rssBytes: 200 * MB,
    heapBytes: 80 * MB,
    descriptors: 40,
    lagP99Ms: 11,
    lagMaxMs: 20,
    cpuMicros: 500_000,
    ...more(at),
  }));
}

const growing = (seconds: readonly Second[]) =>
  verdictOn(seconds)
    .trends.filter(({ grows }) => grows)
    .map(({ name }) => name);

describe('verdictOn', () => {
  it('verdictOn() is steady when nothing grows', () => {
    expect(verdictOn(soak())).toMatchObject({ isSteady: true, failures: 0 });
  });

  it('verdictOn() sees memory that grows by a tenth of a megabyte a second', () => {
    const seconds = soak(at => ({ rssBytes: (200 + at / 10) * MB }));
    expect(growing(seconds)).toEqual(['resident memory']);
    expect(verdictOn(seconds).isSteady).toBe(false);
  });

  it('verdictOn() takes memory that grows at first and stays then for steady', () => {
    expect(growing(soak(at => ({ rssBytes: (100 + Math.min(at, 100)) * MB })))).toEqual([]);
    // It has grown since the first third, and no more since the middle one.
    expect(growing(soak(at => ({ rssBytes: (100 + Math.min(at, 350)) * MB })))).toEqual([]);
  });

  it('verdictOn() takes a saw for steady', () => {
    expect(growing(soak(at => ({ heapBytes: (50 + (at % 40)) * MB })))).toEqual([]);
  });

  it('verdictOn() sees descriptors that are not closed', () => {
    expect(growing(soak(at => ({ descriptors: 40 + Math.floor(at / 30) })))).toEqual([
      'descriptors',
    ]);
  });

  it('verdictOn() sees a p99 that grows while the p50 stays', () => {
    const seconds = soak(at => ({
      tally: { done: 100, latencies: [1, 1, 1, 1, 10 + at / 10], failures: {}, queued: 0 },
    }));
    expect(growing(seconds)).toEqual(['p99']);
  });

  it('verdictOn() is not steady when one call failed', () => {
    const failures = { 'HTTP/1.1 503': 1 };
    const seconds = soak(at => ({
      tally: { done: 1, latencies: [1], failures: at === 7 ? failures : {}, queued: 0 },
    }));
    expect(verdictOn(seconds)).toMatchObject({ isSteady: false, failures: 1 });
    expect(verdictText(verdictOn(seconds))).toContain('NOT STEADY: 1 calls FAILED');
  });

  it('trendOf() is no growth when the values are too few for thirds', () => {
    expect(trendOf('x', { factor: 1, still: 1, least: 0 }, [1, 2]).grows).toBe(false);
  });
});

describe('minutesOf', () => {
  it('minutesOf() has the rate, the quantiles and the failures of each minute', () => {
    const minutes = minutesOf(soak().slice(0, 90));
    expect(minutes.map(({ minute, seconds }) => [minute, seconds])).toEqual([
      [1, 60],
      [2, 30],
    ]);
    expect(minutes[0]).toMatchObject({ perSecond: 100, p50Ms: 2, maxMs: 3, cpuShare: 0.5 });
  });
});

describe('plotOfSoak', () => {
  it('plotOfSoak() has a chart for every measure, and numbers for all places', () => {
    const svg = plotOfSoak(soak(), 'A soak');
    expect(svg.match(/<polyline/g)?.length).toBe(8);
    expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
    expect(svg).toContain('prefers-color-scheme: dark');
  });
});
