import { describe, expect, it } from 'vitest';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';
import { withSeparatePuts } from '../support/steps/separate-puts.ts';

const LIMITS = { most: 1000, atOnce: 4, bytesAtOnce: 100_000 };

/** How many of 12 jobs with a message of this size an action has read and not changed yet, at most. */
async function mostAtOnce(action: 'cancel' | 'delete', messageBytes: number): Promise<number> {
  const inner = withSeparatePuts(createMemoryStore());
  const clock = frozenClock();
  const setup = openApp({ store: inner, clock });
  const error_message = 'x'.repeat(messageBytes);
  for (let nth = 0; nth < 12; nth += 1) {
    await setup.create({ job_id: `job-${nth}`, total_sheets: 1, error_message });
  }
  let running = 0;
  let most = 0;
  async function changed<T>(key: string, task: () => Promise<T>): Promise<T> {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    if (key.startsWith('jobs/')) running -= 1;
    return task();
  }
  const store: ObjectStore = {
    ...inner,
    get(key) {
      if (key.startsWith('jobs/')) running += 1;
      most = Math.max(most, running);
      return inner.get(key);
    },
    put: (key, ...rest) => changed(key, () => inner.put(key, ...rest)),
    delete: (key, ...rest) => changed(key, () => inner.delete(key, ...rest)),
  };
  const memory = createProcessMemory({ cacheBytes: 1 << 22 });
  const random = seededRandom(2);
  const { bulk } = createRepository({ store, clock, random, memory, bulk: LIMITS });
  const call = { filter: {}, force: false, message: null, by: null, limit: 1000, cursor: null };
  expect(await bulk.run({ ...call, action })).toMatchObject({ ok: true, value: { done: 12 } });
  return most;
}

describe('a bulk action', () => {
  it.each([
    ['cancel', 10, 4],
    ['cancel', 30_000, 3],
    ['cancel', 60_000, 1],
    ['cancel', 300_000, 1],
    ['delete', 10, 4],
    ['delete', 60_000, 1],
  ] as const)(
    '%s changes jobs of %d bytes at a time as far as the room goes: %d',
    async (action, bytes, most) => {
      expect(await mostAtOnce(action, bytes)).toBe(most);
    },
  );
});
