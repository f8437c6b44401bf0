import { describe, expect, it } from 'vitest';
import { StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { COMPLETED, type GroupedJob, groupedJob, onJob } from '../storage/grouped-job.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { seeds } from '../support/effort.ts';
import { seededRandom } from '../support/random.ts';
import { unsteadyStore } from './unsteady-store.ts';

const SEEDS = seeds(8);
const SHEETS = 60;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}

/** Repeats an update until it has an answer; how many sheets were completed by then. */
async function persist(job: GroupedJob, sheet: number): Promise<number> {
  for (;;) {
    try {
      const updated = await job.update(sheet, COMPLETED);
      if (updated.ok) return updated.value.progress[0];
      expect(updated.failure.code).toBe('store_unavailable');
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }
}

/** Two processes with the token of one lease, on a store that fails and reorders. */
async function simulate(seed: number) {
  const random = seededRandom(seed);
  const inner = createMemoryStore();
  const clock = frozenClock();
  const first = await groupedJob(inner, { sheets: SHEETS + 1, clock });
  let puts = 0;
  const counted = {
    ...inner,
    async put(...args: Parameters<typeof inner.put>) {
      const version = await inner.put(...args);
      if (version !== null) puts += 1;
      return version;
    },
  };
  const unsteady = unsteadyStore(counted, { random, failureShare: 0.1 });
  const open = (process: number) => {
    const app = openApp({
      store: unsteady.store,
      clock,
      seed: seed * 100 + process,
      pause: turns,
    });
    return onJob(app, inner, first.token);
  };
  const processes = [open(1), open(2)];
  const progress: number[] = [];

  async function complete(sheet: number): Promise<void> {
    await turns(Math.floor(random.fraction() * 200));
    const job = processes[sheet % 2] ?? first;
    progress.push(await persist(job, sheet));
  }

  await Promise.all(Array.from({ length: SHEETS }, (_, index) => complete(index + 1)));
  return { stored: await first.stored(), progress, puts };
}

describe.each(SEEDS)('updates of two processes on an unsteady store, seed %i', seed => {
  it('are all stored once they are answered, by fewer saves', async () => {
    const { stored, progress, puts } = await simulate(seed);
    const completed = Object.values(stored.sheets).filter(({ status }) => status === 'completed');
    expect(completed).toHaveLength(SHEETS);
    expect(Math.max(...progress)).toBe(SHEETS);
    expect(puts).toBeLessThan(SHEETS);
  });
});
