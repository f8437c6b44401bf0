import { describe, expect, it } from 'vitest';
import { JobStatus } from '../../lib/checkpoint/status.ts';
import { changesAt, standingKindOf, standingsFor } from '../../lib/lease/standing.ts';
import { afterNoon, aLease, NOON } from '../support/lease.ts';

const NOW = afterNoon(10_000);

const HOLDINGS = [
  { kind: 'none' },
  { kind: 'dead' },
  { kind: 'live', lease: aLease() },
  { kind: 'live', lease: aLease({ expired: true }) },
  { kind: 'live', lease: aLease({ ttl_seconds: 3 }) },
] as const;

const FACTS = JobStatus.options.flatMap(status =>
  HOLDINGS.flatMap(holding => [true, false].map(hinted => ({ status, holding, hinted }))),
);

describe('standingKindOf()', () => {
  it.each([
    ['completed', HOLDINGS[2], 'finished'],
    ['failed', HOLDINGS[0], 'finished'],
    ['running', HOLDINGS[2], 'held'],
    ['running', HOLDINGS[3], 'ending'],
    ['running', HOLDINGS[4], 'stalled'],
    ['running', HOLDINGS[1], 'zombie'],
    ['running', HOLDINGS[0], 'unleased'],
    ['paused', HOLDINGS[2], 'held'],
    ['pending', HOLDINGS[0], 'waiting'],
    ['paused', HOLDINGS[1], 'waiting'],
    ['paused_at_chain', HOLDINGS[0], 'resting'],
  ] as const)('is that of the status %s with the lease %j: %3$s', (status, holding, expected) => {
    expect(standingKindOf({ status, holding, isHinted: () => true, now: NOW })).toBe(expected);
  });

  it.each(['pending', 'paused'] as const)('is resting for %s without a hint', status => {
    const facts = { status, holding: HOLDINGS[0], isHinted: () => false, now: NOW };
    expect(standingKindOf(facts)).toBe('resting');
  });
});

describe('standingsFor()', () => {
  it.each(FACTS)('has what the rule says: $status, $holding.kind, hinted $hinted', facts => {
    const { status, holding, hinted } = facts;
    const kind = standingKindOf({ status, holding, isHinted: () => hinted, now: NOW });
    expect(standingsFor(status, holding.kind !== 'none')).toContain(kind);
  });
});

describe('changesAt()', () => {
  it('has the moments when the lease is overdue and when it expires', () => {
    const noon = Date.parse(NOON) * 1000;
    expect(changesAt(aLease())).toEqual([noon + 40_000_000, noon + 60_000_000]);
  });
});
