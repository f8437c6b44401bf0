import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError } from '../../../lib/store.ts';
import { createMemoryStore } from '../../../lib/stores/memory.ts';
import { openApp } from '../../support/app.ts';
import { frozenClock } from '../../support/clock.ts';
import { acquire, beat, LEASE, load } from '../../support/leasing.ts';
import { withJointWrites } from '../../support/steps/joint-writes.ts';
import { manualAlarm } from '../manual-alarm.ts';

/* Heartbeats that a process has in memory alone, while it releases their lease in one step with the change of the job. */

const PROGRESS = { done: 7 };

/** A held lease with a renewal in memory that is due, and what happens at steps of the store. */
async function openHeld() {
  const clock = frozenClock();
  const alarm = manualAlarm(clock);
  const inner = withJointWrites(createMemoryStore());
  const on = {
    /** Just before the next step of several writes. */
    step: async (): Promise<void> => {},
    /** In the place of writes of leases. */
    put: (write: () => ReturnType<ObjectStore['put']>) => write(),
    /** When a version has been looked up, before the caller has it. */
    head: async (): Promise<void> => {},
  };
  const store: ObjectStore = {
    ...inner,
    async head(key) {
      const version = await inner.head(key);
      if (key.startsWith('leases/')) await on.head();
      return version;
    },
    put: (...call) =>
      call[0].startsWith('leases/') ? on.put(() => inner.put(...call)) : inner.put(...call),
    async putWith(...call) {
      const { step } = on;
      on.step = async () => {};
      await step();
      return inner.putWith(...call);
    },
  };
  const app = openApp({ store, clock, alarm: alarm.alarm });
  await app.create();
  const held = await acquire(app, { ttl_seconds: 60 });
  clock.advance(20_000);
  expect((await beat(app, held)).status).toBe(200);
  const { headers } = held;
  const beatWithProgress = () =>
    app.ask('PUT', LEASE, { headers, json: { progress: PROGRESS, sheet: 1 } });
  const release = () => app.ask('DELETE', LEASE, { headers });
  return { app, alarm, on, headers, beatWithProgress, release };
}

const KEPT = { dalsegno: { progress: { sheet: 1, progress: PROGRESS } } };

describe('a release in one step', () => {
  it('loses no progress of a heartbeat that comes while a renewal in memory is being stored', async () => {
    const { app, alarm, on, beatWithProgress, release } = await openHeld();
    const stored = Promise.withResolvers<void>();
    const beats: ReturnType<typeof beatWithProgress>[] = [];
    const rings: Promise<void>[] = [];
    on.step = async () => {
      const begun = Promise.withResolvers<void>();
      on.put = async write => {
        begun.resolve();
        await stored.promise;
        return write();
      };
      rings.push(alarm.ring());
      await begun.promise;
      const looked = Promise.withResolvers<void>();
      on.head = async () => looked.resolve();
      beats.push(beatWithProgress());
      await looked.promise;
      // The heartbeat is answered now where it may stay in memory. Else it waits for the write, which comes after the step.
      await new Promise(resolve => setImmediate(resolve));
    };
    expect((await release()).status).toBe(204);
    stored.resolve();
    await Promise.all(rings);
    expect(await Promise.all(beats)).toMatchObject([{ status: 409 }]);
    expect((await load(app)).json).not.toMatchObject(KEPT);
  });

  it('loses no progress of a heartbeat that comes after another write of the lease has failed', async () => {
    const { app, on, headers, beatWithProgress, release } = await openHeld();
    on.step = async () => {
      on.put = () => Promise.reject(new StoreError('The store is down'));
      // A new ttl is written before it is acknowledged.
      const json = { ttl_seconds: 90 };
      expect((await app.ask('PUT', LEASE, { headers, json })).status).toBe(503);
      on.put = write => write();
      expect((await beatWithProgress()).status).toBe(200);
    };
    expect((await release()).status).toBe(204);
    expect((await load(app)).json).toMatchObject(KEPT);
  });

  it('that got no answer leaves no heartbeat in memory alone, also not one that looked at the lease before', async () => {
    const { on, beatWithProgress, release } = await openHeld();
    const looked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const beats: ReturnType<typeof beatWithProgress>[] = [];
    on.step = async () => {
      on.head = async () => {
        on.head = async () => {};
        looked.resolve();
        await answered.promise;
      };
      beats.push(beatWithProgress());
      await looked.promise;
      throw new StoreError('The connection was lost');
    };
    expect((await release()).status).toBe(503);
    let writes = 0;
    on.put = write => {
      writes += 1;
      return write();
    };
    answered.resolve();
    expect(await Promise.all(beats)).toMatchObject([{ status: 200 }]);
    expect(writes).toBe(1);
  });
});
