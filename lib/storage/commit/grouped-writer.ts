import { ok, type Result } from '../../failure.ts';
import type { ObjectStore } from '../../store.ts';
import type { Versioned } from './confirmed-swap.ts';
import { createCommit } from './group-commit.ts';
import type { Pace } from './pace.ts';
import type { Retry } from './retry.ts';
import { type Task, type Turn, type WaitingChange, waitingChange } from './waiting-change.ts';

/** Changes objects of one kind. Changes of one object that wait at the same time share their reads and writes. */
export interface GroupedWriter<C> {
  /**
   * Reads, decides, and writes or deletes by compare-and-swap. Changes of one key are decided in the order of their
   * calls, each on what the one before leaves. Failure: `store_unavailable` after too many lost races.
   */
  change<T>(key: string, task: Task<C, T>): Promise<Result<T>>;
}

export function createGroupedWriter<C extends Versioned>(parts: {
  store: ObjectStore;
  retry: Retry;
  pace: Pace | null;
}): GroupedWriter<C> {
  const { retry, pace } = parts;
  const commit = createCommit(parts);
  /** The changes that wait at each key that is being changed. */
  const queues = new Map<string, WaitingChange<C>[]>();

  function enqueue(key: string, change: WaitingChange<C>): void {
    const waiting = queues.get(key);
    if (waiting !== undefined) {
      waiting.push(change);
      return;
    }
    const started = [change];
    queues.set(key, started);
    void drain(key, started);
  }

  /** Never rejects. */
  async function drain(key: string, waiting: WaitingChange<C>[]): Promise<void> {
    while (waiting.length > 0) await commit(key, waiting);
    queues.delete(key);
  }

  return {
    change(key, task) {
      const askedAt = pace?.now();
      return retry(async () => {
        const { change, turn } = waitingChange(task, askedAt);
        enqueue(key, change);
        return attemptOf(await turn);
      });
    },
  };
}

/** The value of a turn; `again` after a task that had to run first. */
export async function attemptOf<T>(turn: Turn<T>): Promise<Result<T> | 'again'> {
  if (!turn.ok) return turn;
  if (turn.value.kind === 'done') return ok(turn.value.value);
  const waited = await turn.value.task();
  return waited.ok ? 'again' : waited;
}
