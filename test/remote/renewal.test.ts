import { describe, expect, it } from 'vitest';
import { alwaysAvailable } from '../../lib/availability/availability.ts';
import { UNLIMITED } from '../../lib/checkpoint/limits.ts';
import { encodeLease, leaseKey } from '../../lib/lease/lease.ts';
import { createLease } from '../../lib/lease/rules.ts';
import type { PresentedToken } from '../../lib/lease/token.ts';
import { createContext } from '../../lib/protocol/context.ts';
import type { RenewalCall } from '../../lib/protocol/renew.ts';
import { createRemoteRenewal } from '../../lib/remote/renewal.ts';
import { createRenewalPort, type RenewalPort } from '../../lib/remote/renewal-port.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import { type Durability, StoreError, UNCONDITIONAL } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { frozenClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';

const DIGEST = '0'.repeat(64);
const LEASE_ID = 'a'.repeat(32);

const clock = frozenClock();

/** One place with a store of its own, and what was asked of it. */
function aPlace() {
  const store = createMemoryStore();
  const durabilities: (Durability | undefined)[] = [];
  const unreadable = new Set<string>();
  const context = createContext({
    store: {
      ...store,
      get: key =>
        unreadable.has(key) ? Promise.reject(new StoreError('Too large')) : store.get(key),
      put(key, body, precondition, label, durability) {
        durabilities.push(durability);
        return store.put(key, body, precondition, label, durability);
      },
    },
    clock,
    random: seededRandom(),
    memory: createProcessMemory({ cacheBytes: 1 << 20 }),
    limits: UNLIMITED,
    availability: alwaysAvailable,
  });
  const inner = createRenewalPort(context);
  const calls: (readonly RenewalCall[])[] = [];
  const port: RenewalPort = {
    renew(asked) {
      // A remote call carries copies.
      calls.push(structuredClone(asked));
      return inner.renew(structuredClone(asked)).then(answer => structuredClone(answer));
    },
  };
  return { store, port, calls, durabilities, unreadable };
}

/** Three places, and the renewal of a process that has no leases itself. `job-4` is at the second place. */
function openPlaces() {
  const places = [aPlace(), aPlace(), aPlace()] as const;
  const missed: string[] = [];
  const memory = createProcessMemory({ cacheBytes: 1 << 20 });
  const context = createContext({
    store: createMemoryStore(),
    clock,
    random: seededRandom(),
    memory,
    limits: UNLIMITED,
    availability: { ...alwaysAvailable, recordMissedRenewal: key => void missed.push(key) },
  });
  const placeOf = (name: string) => Number(name.slice('job-'.length)) % places.length;

  return {
    places,
    missed,
    memory,
    context,
    renewal: (ports: readonly RenewalPort[] = places.map(({ port }) => port)) =>
      createRemoteRenewal({ placeOf, ports }, context),
    hold: async (jobId: string): Promise<PresentedToken> => {
      const ask = { job_id: jobId, lease_id: LEASE_ID, epoch: 1, holder: 'w-1', ttl_seconds: 60 };
      const lease = createLease(
        { ...ask, token_sha256: DIGEST, request_sha256: null },
        clock.now(),
      );
      const key = leaseKey(jobId, LEASE_ID);
      const { store } = places[placeOf(jobId)] ?? places[0];
      await store.put(key, encodeLease(lease), UNCONDITIONAL);
      return { leaseKey: key, safeName: jobId, leaseId: LEASE_ID, sha256: DIGEST };
    },
  };
}

const beat = { progress: undefined, ttlSeconds: undefined };
const broken: RenewalPort = {
  renew: () => Promise.reject(new StoreError('The shard is gone')),
};

describe('createRemoteRenewal()', () => {
  it('renew() renews the lease where it is, by one call', async () => {
    const { hold, renewal, places } = openPlaces();
    const token = await hold('job-4');
    const renewed = await renewal().renew(token, 'job-4', { progress: { row: 7 }, ttlSeconds: 90 });
    expect(renewed).toMatchObject({
      ok: true,
      value: { job_id: 'job-4', renewals: 1, ttl_seconds: 90, progress: { row: 7 } },
    });
    expect(places.map(({ calls }) => calls.length)).toEqual([0, 1, 0]);
  });

  it('renew() refuses a token of another job without a call', async () => {
    const { hold, renewal, places } = openPlaces();
    const renewed = await renewal().renew(await hold('job-4'), 'job-5', beat);
    expect(renewed).toMatchObject({ ok: false, failure: { code: 'lease_lost', jobId: 'job-5' } });
    expect(places.map(({ calls }) => calls.length)).toEqual([0, 0, 0]);
  });

  it('renew() rejects with the error of its place', async () => {
    const { hold, renewal, missed } = openPlaces();
    const token = await hold('job-4');
    await expect(renewal([broken, broken, broken]).renew(token, null, beat)).rejects.toThrow(
      'The shard is gone',
    );
    expect(missed).toEqual([token.leaseKey]);
  });

  it('renewAll() calls each place once, and answers in the order of the calls', async () => {
    const { hold, renewal, places } = openPlaces();
    const names = ['job-5', 'job-3', 'job-4', 'job-2', 'job-7'];
    const tokens = await Promise.all(names.map(name => hold(name)));
    const unknown = { ...tokens[0], leaseKey: leaseKey('job-9', LEASE_ID), safeName: 'job-9' };
    const asked = [...tokens, unknown as PresentedToken].map(token => ({ token, beat }));
    const renewed = await renewal().renewAll(asked);
    expect(renewed.slice(0, 5)).toMatchObject(names.map(job_id => ({ value: { job_id } })));
    expect(renewed[5]).toMatchObject({ ok: false, failure: { code: 'lease_lost' } });
    expect(places.map(({ calls }) => calls.map(each => each.length))).toEqual([[2], [2], [2]]);
  });

  it('renewAll() fails the heartbeats of a place that fails, and no others', async () => {
    const { hold, renewal, places, missed } = openPlaces();
    const tokens = await Promise.all(['job-0', 'job-1', 'job-2'].map(name => hold(name)));
    const ports = [places[0].port, broken, places[2].port];
    const renewed = await renewal(ports).renewAll(tokens.map(token => ({ token, beat })));
    expect(renewed[0]).toMatchObject({ ok: true });
    expect(renewed[1]).toBeInstanceOf(StoreError);
    expect(renewed[2]).toMatchObject({ ok: true });
    expect(missed).toEqual([tokens[1]?.leaseKey]);
  });

  it('renewAll() fails where an answer has fewer outcomes than the call', async () => {
    const { hold, renewal } = openPlaces();
    const token = await hold('job-0');
    const old: RenewalPort = { renew: () => Promise.resolve({ outcomes: [], lateSeconds: [] }) };
    const [renewed] = await renewal([old, old, old]).renewAll([{ token, beat }]);
    expect(renewed).toBeInstanceOf(StoreError);
  });

  it('renewAll() fails on a lease that its store cannot read, and on no other', async () => {
    const { hold, renewal, places } = openPlaces();
    const tokens = [await hold('job-0'), await hold('job-3')];
    places[0].unreadable.add(tokens[0]?.leaseKey ?? '');
    const renewed = await renewal().renewAll(tokens.map(token => ({ token, beat })));
    expect(renewed[0]).toMatchObject({ message: 'Too large' });
    expect(renewed[1]).toMatchObject({ ok: true });
  });

  it('counts late renewals, and tells who listens to leases', async () => {
    const { hold, renewal, memory, context } = openPlaces();
    const stored: string[] = [];
    context.leaseChanges.listen({ stored: key => void stored.push(key), removed: () => {} });
    const token = await hold('job-1');
    clock.advance(65_000);
    await renewal().renew(token, null, beat);
    expect(memory.lateRenewals.read()).toEqual({ count: 1, worst_late_seconds: 5 });
    expect(stored).toEqual([token.leaseKey]);
  });
});

describe('createRenewalPort()', () => {
  it('renew() writes lazily what may be lost, and durably a ttl that the holder relies on', async () => {
    const { hold, renewal, places } = openPlaces();
    const token = await hold('job-1');
    await renewal().renew(token, null, beat);
    await renewal().renew(token, null, { ...beat, ttlSeconds: 3_600 });
    await renewal().renew(token, null, { ...beat, progress: 'half' });
    expect(places[1].durabilities).toEqual(['lazy', 'durable', 'lazy']);
  });
});
