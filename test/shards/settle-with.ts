import type { ShardWorld } from './shard-world.ts';

/** Waits for what needs timers of this moment, without letting time pass. */
export async function settleWith<T>(world: ShardWorld, task: Promise<T>): Promise<T> {
  const state = { isSettled: false };
  const settled = task.finally(() => {
    state.isSettled = true;
  });
  while (!state.isSettled) {
    await world.advance(0);
    await new Promise(resolve => setImmediate(resolve));
  }
  return settled;
}
