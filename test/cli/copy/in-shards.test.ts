import { expect, it } from 'vitest';
import { requireAllInR2 } from '../../../functions/cli/copy/in-shards.ts';
import { bodyOfMove, type Medium, MOVE_KEY, moveTo } from '../../../lib/move/record.ts';
import { UNCONDITIONAL } from '../../../lib/store.ts';
import { createMemoryStore } from '../../../lib/stores/memory.ts';

async function check(to: Medium, doneAtMs: number | null): Promise<void> {
  const store = createMemoryStore();
  const record = { ...moveTo(to, 0, 0), done_at_ms: doneAtMs };
  await store.put(MOVE_KEY, bodyOfMove(record), UNCONDITIONAL);
  await requireAllInR2(store);
}

it.each([
  ['shards', 1],
  ['shards', null],
  ['r2', null],
] as const)('requireAllInR2() refuses after a move to %s that was done at %s', async (to, done) => {
  await expect(check(to, done)).rejects.toThrow('are in Durable Objects');
});

it('requireAllInR2() allows a bucket that was moved back, and one that never moved', async () => {
  await expect(check('r2', 1)).resolves.toBeUndefined();
  await expect(requireAllInR2(createMemoryStore())).resolves.toBeUndefined();
});
