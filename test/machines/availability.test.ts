import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { acquire, beat, JOB, LEASE } from '../support/leasing.ts';
import { createMachines, type Machine } from './harness.ts';

const others = async ({ app }: Machine) =>
  (await app.ask('POST', LEASE, { json: { holder: 'w-2' } })).status;

async function recoveredBy({ app }: Machine): Promise<number> {
  return ((await app.ask('POST', '/v1/sweep')).json as { recovered: number }).recovered;
}

/** Two machines that have run for a while, and a job that is held. */
async function startTwo(ttl_seconds = 60) {
  const store = createMemoryStore();
  const machines = createMachines();
  const first = await machines.start(store);
  const second = await machines.start(store);
  await machines.run(30_000);
  await first.app.create();
  const held = await acquire(first.app, { ttl_seconds });
  return { store, machines, first, second, held };
}

describe('several machines', () => {
  it('the others take the job of a dead holder when one machine restarts', async () => {
    const { store, machines, first, second } = await startTwo();
    await machines.run(55_000);
    first.kill();
    await machines.start(store);
    await machines.run(6000);
    expect(await recoveredBy(second)).toBe(1);
  });

  it('one that has just started takes it too, once it knows that another one listened', async () => {
    const { store, machines } = await startTwo();
    await machines.run(45_000);
    const late = await machines.start(store);
    await machines.run(16_000);
    expect(await others(late)).toBe(201);
  });

  it('one that has just started takes nothing as long as it knows of no other one', async () => {
    const { store, machines, first, second } = await startTwo();
    await machines.run(58_000);
    first.kill();
    second.kill();
    const late = await machines.start(store);
    await machines.run(3000);
    expect(await others(late)).toBe(409);
  });

  it('none takes a job when all were down, and the holder goes on', async () => {
    const { store, machines, first, second, held } = await startTwo();
    first.kill();
    second.kill();
    await machines.run(300_000);
    const next = await machines.start(store);
    const after = await machines.start(store);
    // The second of them inherits what the first knows: that nobody listened before.
    await machines.run(45_000);
    expect([await others(next), await others(after)]).toEqual([409, 409]);
    expect([await recoveredBy(next), await recoveredBy(after)]).toEqual([0, 0]);
    expect((await beat(after.app, held)).status).toBe(200);
  });

  it('all of them hand the job on one ttl after they listen again, where no holder comes', async () => {
    const { store, machines, first, second } = await startTwo();
    first.kill();
    second.kill();
    await machines.run(300_000);
    await machines.start(store);
    await machines.run(40_000);
    const after = await machines.start(store);
    await machines.run(19_000);
    expect(await others(after)).toBe(409);
    await machines.run(1000);
    expect(await others(after)).toBe(201);
  });

  it('a rolling restart of all of them delays no recovery by a ttl', async () => {
    const { store, machines, first, second } = await startTwo();
    await machines.run(20_000);
    first.kill();
    await first.leader.resign();
    const third = await machines.start(store);
    await machines.run(30_000);
    second.kill();
    await second.leader.resign();
    await machines.start(store);
    await machines.run(11_000);
    expect(await others(third)).toBe(201);
  });
});

describe('a store that no machine can reach for a while', () => {
  it('costs no holder its job, though its heartbeats went to one machine and the sweep runs on another', async () => {
    const inner = createMemoryStore();
    let isBroken = false;
    const store: ObjectStore = {
      ...inner,
      async get(key) {
        if (isBroken) throw new StoreError('The server is gone');
        return inner.get(key);
      },
      async put(...asked) {
        if (isBroken) throw new StoreError('The server is gone');
        return inner.put(...asked);
      },
    };
    const machines = createMachines();
    const first = await machines.start(store);
    const second = await machines.start(store);
    await machines.run(30_000);
    await second.app.create();
    const held = await acquire(second.app, { ttl_seconds: 60 });
    isBroken = true;
    await machines.run(40_000);
    expect((await beat(second.app, held)).status).toBe(503);
    await machines.run(40_000);
    isBroken = false;
    // Before the leader has found out that the store is back, and after it.
    expect(await recoveredBy(first)).toBe(0);
    await machines.run(20_000);
    expect(await recoveredBy(first)).toBe(0);
    expect((await beat(second.app, held)).status).toBe(200);
  });
});

describe('clocks that differ', () => {
  it('end no lease early within a third of the ttl, less the time between two heartbeats', async () => {
    const store = createMemoryStore();
    const machines = createMachines();
    const first = await machines.start(store);
    const ahead = await machines.start(store, { aheadMs: 19_000 });
    await machines.run(90_000);
    await first.app.create();
    const held = await acquire(first.app, { ttl_seconds: 60 });
    for (let heartbeat = 0; heartbeat < 5; heartbeat++) {
      await machines.run(20_000);
      expect(await others(ahead)).toBe(409);
      expect((await beat(first.app, held)).status).toBe(200);
    }
  });

  it('let a lease run longer by the difference where the clock is behind', async () => {
    const store = createMemoryStore();
    const machines = createMachines();
    const first = await machines.start(store);
    const behind = await machines.start(store, { aheadMs: -20_000 });
    await machines.run(90_000);
    await first.app.create();
    await acquire(first.app, { ttl_seconds: 60 });
    await machines.run(79_000);
    expect(await others(behind)).toBe(409);
    await machines.run(1000);
    expect(await others(behind)).toBe(201);
  });

  it('are no reason to trust another machine: one that starts with a wrong clock waits for one ttl', async () => {
    const store = createMemoryStore();
    const machines = createMachines();
    const first = await machines.start(store);
    await first.app.create();
    await acquire(first.app, { ttl_seconds: 60 });
    await machines.run(30_000);
    const wrong = await machines.start(store, { aheadMs: 3_600_000 });
    await machines.run(45_000);
    expect(await others(wrong)).toBe(409);
    expect((await wrong.app.ask('GET', JOB)).json).toMatchObject({ status: 'running' });
  });
});
