import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { settled } from '../support/settling/under-way.ts';
import { COMPLETED, groupedJob, STARTED } from './grouped-job.ts';

const WRITE_MS = 1_000;

/** A store that takes one write of a job a second, by the clock of the test. */
function slowStore(inner: ObjectStore, clock: MovableClock) {
  const writes: { readonly dueMs: number; readonly carryOut: () => void }[] = [];
  let busyUntilMs = 0;
  let isSlow = false;
  let puts = 0;

  const store: ObjectStore = {
    ...inner,
    async put(key, body, precondition, label) {
      if (isSlow && key.startsWith('jobs/')) {
        puts += 1;
        busyUntilMs = Math.max(clock.millis(), busyUntilMs) + WRITE_MS;
        const dueMs = busyUntilMs;
        await new Promise<void>(resolve => writes.push({ dueMs, carryOut: resolve }));
      }
      return inner.put(key, body, precondition, label);
    },
  };

  /** Moves the clock on, and lets everybody go on whose write is over. */
  async function pass(milliseconds: number): Promise<void> {
    clock.advance(milliseconds);
    const due = writes.filter(({ dueMs }) => dueMs <= clock.millis());
    writes.splice(0, due.length);
    for (const { carryOut } of due) carryOut();
    await settled();
  }

  return {
    store,
    pass,
    slowDown() {
      isSlow = true;
    },
    puts: () => puts,
  };
}

describe('fifty updates a second of one job, on a store that takes one write a second', () => {
  const SECONDS = 6;
  const EVERY_MS = 20;
  const COUNT = (SECONDS * 1000) / EVERY_MS;
  const SHEETS = 10;

  /** Each sheet is started, and then completed; after the last one the first has its next attempt. */
  function updateAt(index: number) {
    const turn = Math.ceil(index / 2) - 1;
    const attempt = Math.floor(turn / SHEETS) + 1;
    return { sheet: (turn % SHEETS) + 1, attempt, ...(index % 2 === 0 ? COMPLETED : STARTED) };
  }

  async function run() {
    const clock = frozenClock();
    const slow = slowStore(createMemoryStore(), clock);
    const job = await groupedJob(slow.store, { sheets: SHEETS + 1, clock });
    slow.slowDown();
    const waits: number[] = [];
    const order: number[] = [];
    for (let index = 1; index <= COUNT; index += 1) {
      const sentMs = clock.millis();
      const { sheet, ...update } = updateAt(index);
      const send = async () => {
        const updated = await job.update(sheet, update);
        waits.push(updated.ok ? clock.millis() - sentMs : Number.POSITIVE_INFINITY);
        order.push(index);
      };
      void send();
      await slow.pass(EVERY_MS);
    }
    for (let step = 0; step < 150; step += 1) await slow.pass(EVERY_MS);
    return { waits, order, puts: slow.puts(), job };
  }

  it('are all acknowledged within two seconds, in order', async () => {
    const { waits, order, puts, job } = await run();
    expect(waits).toHaveLength(COUNT);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2 * WRITE_MS);
    expect(order).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
    expect(puts).toBeLessThanOrEqual(SECONDS + 2);
    const { sheets } = await job.stored();
    expect(sheets['1']).toMatchObject({ status: 'completed', attempt_count: COUNT / 2 / SHEETS });
  });
});
