import { describe, expect, it } from 'vitest';
import { type Lease, leaseKey } from '../../../lib/lease/lease.ts';
import { renewLease } from '../../../lib/lease/rules.ts';
import { createLeaseMemory, type LeaseMemory } from '../../../lib/storage/leases/lease-memory.ts';
import type { Version } from '../../../lib/store.ts';
import { afterNoon, aLease, NOON } from '../../support/lease.ts';

const NOON_MS = Date.parse(NOON);
const FIRST = 'v1' as Version;
const SECOND = 'v2' as Version;

/** A lease of its own job, under the key of its object. */
function leaseOf(number: number): { readonly key: string; readonly lease: Lease } {
  const lease = aLease({ job_id: `job-${number}` });
  return { key: leaseKey(lease.job_id, lease.lease_id), lease };
}

function renewed(lease: Lease, seconds: number, progress?: unknown): Lease {
  return renewLease(lease, { progress, ttlSeconds: undefined }, afterNoon(seconds * 1000));
}

function openMemory(maxBytes?: number): { memory: LeaseMemory; due: number[] } {
  const due: number[] = [];
  const bound = maxBytes === undefined ? {} : { maxBytes };
  return { memory: createLeaseMemory({ onDue: atMs => due.push(atMs - NOON_MS), ...bound }), due };
}

/** Stores a lease that this process has in memory from then on. */
function storeBy(
  memory: LeaseMemory,
  { key, lease }: { readonly key: string; readonly lease: Lease },
): Lease {
  const write = memory.begin(key, { base: null, next: lease, isHeld: true });
  write.written(FIRST);
  write.end();
  return memory.at(key, FIRST) ?? lease;
}

describe('createLeaseMemory()', () => {
  it('renew() keeps no renewal of a lease that another process has stored', () => {
    const { memory } = openMemory();
    const { key, lease } = leaseOf(1);
    memory.admit(key, FIRST, lease);
    expect(memory.renew(key, FIRST, renewed(lease, 1))).toBe(false);
  });

  it('renew() keeps no renewal of a lease that is not known', () => {
    const { memory } = openMemory();
    const { key, lease } = leaseOf(1);
    expect(memory.renew(key, FIRST, renewed(lease, 1))).toBe(false);
  });

  it('renew() keeps no renewal of a lease that another writer has changed', () => {
    const { memory } = openMemory();
    const { key, lease } = leaseOf(1);
    storeBy(memory, { key, lease });
    expect(memory.renew(key, SECOND, renewed(lease, 1))).toBe(false);
    expect(memory.at(key, FIRST)?.renewals).toBe(0);
  });

  it('renew() says once when the renewals are to be stored', () => {
    const { memory, due } = openMemory();
    const { key, lease } = leaseOf(1);
    const first = renewed(storeBy(memory, { key, lease }), 1);
    memory.renew(key, FIRST, first);
    memory.renew(key, FIRST, renewed(first, 2));
    expect(due).toEqual([20_000]);
  });

  it('takeDue() takes what is due, once until it is settled', () => {
    const { memory, due } = openMemory();
    const { key, lease } = leaseOf(1);
    const first = renewed(storeBy(memory, { key, lease }), 1);
    memory.renew(key, FIRST, first);
    expect(memory.takeDue(NOON_MS + 19_999)).toEqual({ keys: [], nextAtMs: NOON_MS + 20_000 });
    expect(memory.takeDue(NOON_MS + 20_000)).toEqual({ keys: [key], nextAtMs: null });
    memory.renew(key, FIRST, renewed(first, 21));
    expect(memory.takeDue(NOON_MS + 21_000)).toEqual({ keys: [], nextAtMs: null });
    expect(due).toEqual([20_000]);
    memory.settle(key);
    expect(memory.takeDue(NOON_MS + 21_000)).toEqual({ keys: [key], nextAtMs: null });
  });

  it('takeDue() begins with the lease that was stored least recently', () => {
    const { memory } = openMemory();
    const leases = [3, 1, 2].map(leaseOf);
    for (const { key, lease } of leases) {
      memory.renew(key, FIRST, renewed(storeBy(memory, { key, lease }), 1));
    }
    expect(memory.takeDue(Number.POSITIVE_INFINITY).keys).toEqual(leases.map(({ key }) => key));
  });

  it('admit() forgets the lease that was stored least recently, where there is no room', () => {
    const { memory } = openMemory(10_000);
    const leases = Array.from({ length: 50 }, (_, number) => leaseOf(number));
    for (const { key, lease } of leases) storeBy(memory, { key, lease });
    const known = leases.map(({ key }) => memory.versionOf(key) !== null);
    const count = known.filter(isKnown => isKnown).length;
    expect(count).toBeGreaterThan(3);
    expect(count).toBeLessThan(12);
    expect(known).toEqual(leases.map((_, index) => index >= leases.length - count));
  });

  it('admit() forgets no lease with renewals that are not stored', () => {
    const { memory } = openMemory(10_000);
    const leases = Array.from({ length: 50 }, (_, number) => leaseOf(number));
    const kept = leases.filter(({ key, lease }) => {
      storeBy(memory, { key, lease });
      return memory.renew(key, FIRST, renewed(lease, 1));
    });
    expect(kept.length).toBeLessThan(12);
    expect(kept.map(({ key }) => memory.at(key, FIRST)?.renewals)).toEqual(kept.map(() => 1));
  });

  it('admit() has less room where the progress is long', () => {
    const { memory } = openMemory(10_000);
    const { key, lease } = leaseOf(0);
    storeBy(memory, { key, lease });
    memory.renew(key, FIRST, renewed(lease, 1, 'x'.repeat(2000)));
    const others = [1, 2, 3, 4, 5].map(leaseOf);
    for (const other of others) storeBy(memory, other);
    expect(others.filter(other => memory.versionOf(other.key) !== null).length).toBeLessThan(2);
  });

  it('knows nothing where it has no room at all', () => {
    const { memory } = openMemory(0);
    const { key, lease } = leaseOf(1);
    expect(storeBy(memory, { key, lease })).toBe(lease);
    expect(memory.versionOf(key)).toBeNull();
  });

  it('update() does not count a renewal twice that another reader finds in the store first', () => {
    const { memory } = openMemory();
    const { key, lease } = leaseOf(1);
    const base = renewed(storeBy(memory, { key, lease }), 1);
    memory.renew(key, FIRST, base);
    const write = memory.begin(key, { base, next: base, isHeld: false });
    const later = renewed(base, 2);
    memory.renew(key, FIRST, later);
    const found = structuredClone(base);
    expect(memory.withRenewals(key, SECOND, found)).toMatchObject({ renewals: 2 });
    write.written(SECOND);
    expect(memory.at(key, SECOND)).toMatchObject({ renewals: 2 });
  });

  it('forgets a lease that has ended', () => {
    const { memory } = openMemory();
    const { key, lease } = leaseOf(1);
    storeBy(memory, { key, lease });
    memory.renew(key, FIRST, renewed(lease, 1));
    expect(memory.update(key, SECOND, { ...lease, expired: true })).toMatchObject({
      expired: true,
      renewals: 0,
    });
    expect(memory.versionOf(key)).toBeNull();
  });

  it('drops the renewals of an earlier grant with the same id', () => {
    const { memory } = openMemory();
    const { key, lease } = leaseOf(1);
    memory.renew(key, FIRST, renewed(storeBy(memory, { key, lease }), 1));
    expect(memory.update(key, SECOND, { ...lease, epoch: 2 })).toMatchObject({ renewals: 0 });
  });

  it('a held write ends for the writer that holds it, not for the one before', () => {
    const { memory } = openMemory();
    const { key, lease } = leaseOf(1);
    const base = storeBy(memory, { key, lease });
    const first = memory.begin(key, { base, next: base, isHeld: true });
    const second = memory.begin(key, { base, next: base, isHeld: true });
    first.end();
    expect(memory.renew(key, FIRST, renewed(base, 1))).toBe(false);
    second.end();
    expect(memory.renew(key, FIRST, renewed(base, 1))).toBe(true);
  });

  it('renew() keeps no renewal while a write is held beside others, which begin and end meanwhile', () => {
    const { memory } = openMemory();
    const { key, lease } = leaseOf(1);
    const base = storeBy(memory, { key, lease });
    const removal = memory.begin(key, { base, next: null, isHeld: true });
    const next = renewed(base, 1);
    for (const isHeld of [false, true]) {
      const other = memory.begin(key, { base, next, isHeld });
      expect(memory.renew(key, FIRST, next)).toBe(false);
      other.end();
      expect(memory.renew(key, FIRST, next)).toBe(false);
    }
    removal.end();
    removal.end();
    expect(memory.renew(key, FIRST, next)).toBe(true);
  });

  it('renew() keeps no renewal of a lease that becomes known while a write is held', () => {
    const { memory } = openMemory();
    const { key, lease } = leaseOf(1);
    const removal = memory.begin(key, { base: lease, next: null, isHeld: true });
    const base = storeBy(memory, { key, lease });
    expect(memory.renew(key, FIRST, renewed(base, 1))).toBe(false);
    removal.end();
    expect(memory.renew(key, FIRST, renewed(base, 1))).toBe(true);
  });
});
