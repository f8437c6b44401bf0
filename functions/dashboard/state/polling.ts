import { effect, signal } from '@preact/signals';
import { reasonOf } from '../text/reason.ts';
import { OfflineError, ProblemError } from './call-error.ts';
import { createPoller, type Outcome } from './poller.ts';
import { refusal, token } from './session.ts';
import { forgetStats, loadStats, stats } from './stats.ts';
import { localMillis } from './time.ts';

/** How fresh what the page shows is. */
export interface Connection {
  readonly kind: 'starting' | 'live' | 'slow' | 'stale' | 'offline';
  /** When the last whole answer came, on this machine's clock; null before the first one. */
  readonly lastGoodAt: number | null;
  /** What went wrong last; null while nothing is wrong. */
  readonly fault: string | null;
}

export const connection = signal<Connection>({ kind: 'starting', lastGoodAt: null, fault: null });

/** Loads what a page shows. Throws what the page does not explain itself. */
export type PollTask = (signal: AbortSignal) => Promise<void>;

const tasks = new Set<PollTask>();
const DEFAULT_SECONDS = 5;

const poller = createPoller({
  async run(abort) {
    const results = await Promise.allSettled([loadStats, ...tasks].map(task => task(abort)));
    const failed = results.find(result => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  },
  intervalMs: () => (stats.peek()?.poll_seconds ?? DEFAULT_SECONDS) * 1000,
  report: note,
  place: {
    after(millis, callback) {
      const timer = setTimeout(callback, millis);
      return () => clearTimeout(timer);
    },
    isHidden: () => document.hidden,
  },
});

/** Calls the service from now on, except while it refuses the token. */
export function startPolling(): void {
  document.addEventListener('visibilitychange', () => poller.visibilityChanged());
  globalThis.addEventListener('online', () => poller.refresh());
  globalThis.addEventListener('offline', () => {
    const { lastGoodAt } = connection.peek();
    connection.value = { kind: 'offline', lastGoodAt, fault: 'This machine is offline' };
  });
  effect(() => {
    // Another token may see other jobs.
    if (token.value !== null || refusal.value !== null) forgetStats();
    if (refusal.value === null) poller.start();
    else poller.stop();
  });
}

/** Loads everything that is shown now, without waiting for the next turn. */
export function refreshNow(): void {
  poller.refresh();
}

/** Runs the task with every poll, and now. The answer ends that. */
export function addTask(task: PollTask): () => void {
  tasks.add(task);
  poller.refresh();
  return () => void tasks.delete(task);
}

function note(outcome: Outcome): void {
  const { lastGoodAt } = connection.peek();
  switch (outcome.kind) {
    case 'good':
      connection.value = { kind: 'live', lastGoodAt: localMillis(), fault: null };
      return;
    case 'slow':
      connection.value = { kind: 'slow', lastGoodAt, fault: 'The service answers slowly' };
      return;
    case 'failed': {
      const { error } = outcome;
      const kind = error instanceof OfflineError ? 'offline' : 'stale';
      // A token that is refused is no fault of the connection.
      if (error instanceof ProblemError && error.status === 401) return;
      connection.value = { kind, lastGoodAt, fault: reasonOf(error) };
      return;
    }
    default:
      outcome satisfies never;
  }
}
