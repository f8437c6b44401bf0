import { describe, expect, it } from 'vitest';
import { createStoredAvailability } from '../../lib/availability/stored.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { createBudgetedSweep } from '../../lib/sweep/budgeted.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, LEASE, storedText } from '../support/leasing.ts';
import { seededRandom } from '../support/random.ts';

const MINUTE = 60_000;
const BUDGET = { operations: 1000, bodyBytes: 2 ** 30, leases: 500, jobs: 100, concurrency: 1 };

/** Isolates that come and go, and the timer of the platform. */
async function open() {
  const store = createMemoryStore();
  const clock = frozenClock();

  function isolate(seed: number) {
    const { availability: memory } = createProcessMemory({ cacheBytes: 1 << 20 });
    return openApp({ store, clock, seed, availability: createStoredAvailability(store, memory) });
  }

  async function tick() {
    const memory = createProcessMemory({ cacheBytes: 1 << 20 });
    const { availability } = memory;
    const random = seededRandom(3);
    const repository = createRepository({
      store,
      clock,
      random,
      memory,
      availability: createStoredAvailability(store, availability),
    });
    const spending = { operations: 0, bodyBytes: 0 };
    const parts = { ...repository, store, clock, availability, budget: BUDGET, spending };
    const { passes } = await createBudgetedSweep(parts).run();
    return passes.reduce((sum, { recovered }) => sum + recovered, 0);
  }

  /** Time in which the platform's timer runs as it should. */
  async function run(minutes: number) {
    let recovered = 0;
    for (let minute = 0; minute < minutes; minute++) {
      clock.advance(MINUTE);
      recovered += await tick();
    }
    return recovered;
  }

  const app = isolate(1);
  await app.create();
  const held = await acquire(app);
  const others = (seed: number) =>
    isolate(seed).ask('POST', LEASE, { json: { holder: 'w-2', ttl_seconds: 60 } });
  const beat = (seed: number) => isolate(seed).ask('PUT', LEASE, { headers: held.headers });
  return { store, clock, tick, run, others, beat };
}

describe('an edge service that was down', () => {
  it('does not let a job be taken before a tick has recorded since when it listens', async () => {
    const { clock, tick, others, beat } = await open();
    await tick();
    clock.advance(10 * MINUTE);
    expect((await others(5)).status).toBe(409);
    expect((await beat(6)).status).toBe(200);
  });

  it('takes no job in the tick that ends the interruption, and gives each lease one ttl from it', async () => {
    const { clock, tick, run, others, beat } = await open();
    await tick();
    clock.advance(10 * MINUTE);
    expect(await tick()).toBe(0);
    clock.advance(MINUTE - 1);
    expect((await others(5)).status).toBe(409);
    expect((await beat(6)).status).toBe(200);
    expect(await run(2)).toBe(1);
  });

  it('hands the job on one ttl after that tick, where no holder comes', async () => {
    const { clock, tick, run, others } = await open();
    await tick();
    clock.advance(10 * MINUTE);
    await tick();
    expect(await run(1)).toBe(1);
    expect((await others(5)).status).toBe(201);
  });

  it('hands the job on one ttl after a process found the ticks gone, should they never come back', async () => {
    const { store, clock, tick } = await open();
    await tick();
    const memory = createProcessMemory({ cacheBytes: 1 << 20 });
    const availability = createStoredAvailability(store, memory.availability);
    const app = openApp({ store, clock, seed: 9, availability });
    const ask = () => app.ask('POST', LEASE, { json: { holder: 'w-2' } });
    clock.advance(10 * MINUTE);
    expect((await ask()).status).toBe(409);
    clock.advance(MINUTE);
    expect((await ask()).status).toBe(201);
  });
});

describe('an edge service that runs', () => {
  it('hands a job on with the first tick after its lease is over', async () => {
    const { tick, run } = await open();
    await tick();
    expect(await run(1)).toBe(1);
  });

  it('takes late ticks for no interruption', async () => {
    const { clock, tick, others } = await open();
    await tick();
    clock.advance(2.4 * MINUTE);
    expect((await others(5)).status).toBe(201);
  });

  it('goes by the clock where no timer was ever set up', async () => {
    const { clock, others } = await open();
    clock.advance(10 * MINUTE);
    expect((await others(5)).status).toBe(201);
  });

  it('goes by a tick that the platform ended half-way: it could be reached', async () => {
    const { store, clock, tick, others } = await open();
    await tick();
    const place = JSON.parse(await storedText(store, 'sweep/place.json'));
    clock.advance(3 * MINUTE);
    const at = new Date(clock.millis()).toISOString().replace('.000', '');
    await store.put(
      'sweep/underway.json',
      new TextEncoder().encode(JSON.stringify({ ...place, call: place.call + 1, at })),
      { kind: 'none' },
    );
    expect((await others(5)).status).toBe(201);
  });
});

it('the word of an older version of the timer is no sign of an interruption', async () => {
  const { store, clock, others } = await open();
  const old = new TextEncoder().encode('{"leases":null,"jobs":null,"call":7}');
  await store.put('sweep/place.json', old, { kind: 'none' });
  clock.advance(10 * MINUTE);
  expect((await others(5)).status).toBe(201);
});
