import type { Clock } from '../base/clock.ts';
import { shareRuns } from '../base/share-runs.ts';
import { ok, type Result } from '../failure.ts';
import type { Grant } from '../protocol/granted.ts';
import type { HintFilter } from '../ready/ready-index.ts';
import type { ReadyQueue } from '../ready/ready-queue.ts';
import { StoreError, type StoreTraits } from '../store.ts';

/** What a runtime gives on which claims may wait. */
export interface Waits {
  /** Calls after so many milliseconds. The returned function cancels that. */
  after(milliseconds: number, call: () => void): () => void;
  /** So many claims wait at once. One more is answered at once. */
  readonly most: number;
}

/** How one claim waits. */
export interface WaitOptions {
  /** For how long at most, in milliseconds; 0 to be answered at once. */
  readonly ms: number;
  /** Aborted when the client disconnects; null on a runtime that does not report it. */
  readonly gone: AbortSignal | null;
  /** Called when the wait begins. The returned function is called when it ends. */
  readonly begin: () => () => void;
}

type Attempt = () => Promise<Result<readonly Grant[]>>;

/**
 * Claims that wait for a job, the oldest first. A hint that becomes available wakes one claim that wants it. It is
 * woken at once for a job of this process. For jobs of other processes the line looks at the store in intervals, once
 * for all claims.
 */
export interface WaitingLine {
  /**
   * Waits until the attempt grants something or fails, at most for `ms`. `attempt` must take its hints before its first
   * `await`. No grant if the time is over, the client is gone, the service stops, or too many claims wait.
   */
  wait(
    filter: HintFilter,
    options: WaitOptions,
    attempt: Attempt,
  ): Promise<Result<readonly Grant[]>>;
  /** Wakes the claims for which there are hints. Does nothing if none waits. */
  serve(): Promise<void>;
  /** Ends all waits. Later ones end at once. */
  end(): void;
}

interface LeaseEnds {
  /** When the next lease ends that this process knows, in microseconds since 1970; null if it knows none. */
  nextEnd(): bigint | null;
  /** Recovers one job of an expired lease; false if there was none. */
  recoverOne(): Promise<boolean>;
}

interface Waiter {
  readonly filter: HintFilter;
  isBusy(): boolean;
  start(): void;
  end(): void;
  fail(error: unknown): void;
}

/** How often the line looks for jobs of other processes, in milliseconds. */
const LOOK_MS = 50;
/** The same on a store that must be listed for it. A list that takes long comes more rarely. */
const LIST_MS = 1_000;
const LIST_SHARE = 10;
/** Leases that have expired may be protected for a while after an interruption. They are not tried more often. */
const RECOVERY_MS = 1_000;
const MAX_RECOVERIES = 20;

export function createWaitingLine(parts: {
  waits: Waits;
  queue: ReadyQueue;
  clock: Clock;
  traits: Pick<StoreTraits, 'labels' | 'sharedBetweenProcesses'>;
  leases: LeaseEnds;
}): WaitingLine {
  const { waits, queue, clock, traits, leases } = parts;
  const waiters = new Set<Waiter>();
  let isOver = false;
  let cancelTimer = (): void => {};
  /** How often a job was announced, or a claim has left hints to the others. */
  let changes = 0;
  let nextListAtMs = Number.NEGATIVE_INFINITY;
  let isRecovering = false;
  let nextRecoveryAtMs = Number.NEGATIVE_INFINITY;

  queue.onAnnounced(key => {
    if (waiters.size === 0) return;
    changes += 1;
    // The follower of a store with labels would have to list for it.
    if (traits.labels) queue.waiting().index.add(key);
    void serve();
  });

  /**
   * Grows with all that may have made a job claimable. That a claim gives back the hints of jobs which it cannot get does
   * not count: two claims would wake each other with them for ever.
   */
  function news(): number {
    return changes + queue.waiting().index.arrivals();
  }

  const serve = shareRuns(async () => {
    if (waiters.size === 0) return;
    try {
      await serveOnce();
    } finally {
      setTimer();
    }
  });

  async function serveOnce(): Promise<void> {
    try {
      await refresh();
    } catch (error) {
      // The claims go on waiting, and the store is asked again.
      if (!(error instanceof StoreError)) failIdle(error);
    }
    wakeWaiters();
    void recoverDue();
  }

  function failIdle(error: unknown): void {
    for (const waiter of waiters) if (!waiter.isBusy()) waiter.fail(error);
  }

  async function refresh(): Promise<void> {
    if (!traits.labels) return queue.waiting().refresh();
    const startedAtMs = clock.millis();
    // The clock may have been set back.
    if (startedAtMs < nextListAtMs && nextListAtMs - startedAtMs <= LIST_SHARE * LIST_MS) return;
    try {
      await queue.waiting().refresh();
    } finally {
      const tookMs = Math.max(0, clock.millis() - startedAtMs);
      const pauseMs = Math.min(LIST_SHARE * LIST_MS, Math.max(LIST_MS, tookMs * LIST_SHARE));
      nextListAtMs = clock.millis() + pauseMs;
    }
  }

  function wakeWaiters(): void {
    const { index } = queue.waiting();
    const inVain = new Set<string>();
    for (const waiter of waiters) {
      const { nameHash, safePrefix } = waiter.filter;
      const filter = `${nameHash ?? ''}~${safePrefix}`;
      if (waiter.isBusy() || inVain.has(filter)) continue;
      // A claim that starts takes its hints at once, so the next claim is only woken for other ones.
      if (index.has(waiter.filter)) waiter.start();
      else inVain.add(filter);
    }
  }

  /** A recovered job is announced, which wakes the claim that wants it. */
  async function recoverDue(): Promise<void> {
    if (isRecovering || millisUntilRecovery() > 0) return;
    isRecovering = true;
    try {
      for (let count = 0; count < MAX_RECOVERIES; count++) if (!(await leases.recoverOne())) break;
    } catch {
      // The next try, or a sweep, recovers the jobs.
    } finally {
      isRecovering = false;
      nextRecoveryAtMs = clock.millis() + RECOVERY_MS;
      setTimer();
    }
  }

  function millisUntilRecovery(): number {
    const endsAt = leases.nextEnd();
    if (endsAt === null) return Number.POSITIVE_INFINITY;
    const pauseMs = Math.min(RECOVERY_MS, nextRecoveryAtMs - clock.millis());
    return Math.max(millisUntil(endsAt), pauseMs);
  }

  function millisUntil(micros: bigint): number {
    return Number(micros / 1000n) + 1 - clock.millis();
  }

  function millisUntilLook(): number {
    if (!traits.sharedBetweenProcesses) return Number.POSITIVE_INFINITY;
    if (!traits.labels) return LOOK_MS;
    return Math.min(LIST_SHARE * LIST_MS, nextListAtMs - clock.millis());
  }

  /** For what happens without an announcement in this process. */
  function setTimer(): void {
    cancelTimer();
    if (waiters.size === 0 || isOver) return;
    const dueAt = queue.waiting().index.nextDue();
    const milliseconds = Math.min(
      millisUntilLook(),
      isRecovering ? Number.POSITIVE_INFINITY : millisUntilRecovery(),
      dueAt === null ? Number.POSITIVE_INFINITY : millisUntil(dueAt),
    );
    if (milliseconds === Number.POSITIVE_INFINITY) return;
    cancelTimer = waits.after(Math.max(1, milliseconds), () => void serve());
  }

  return {
    serve,

    wait(filter, { ms, gone, begin }, attempt) {
      if (isOver || gone?.aborted === true || waiters.size >= waits.most) {
        return Promise.resolve(ok([]));
      }
      const { promise, resolve, reject } = Promise.withResolvers<Result<readonly Grant[]>>();
      const finish = begin();
      let isBusy = false;
      let mustEnd = false;

      function leave(): void {
        if (!waiters.delete(waiter)) return;
        cancelEnd();
        gone?.removeEventListener('abort', end);
        finish();
        // What this claim has not used is for the others.
        changes += 1;
        if (waiters.size > 0) void serve();
        else cancelTimer();
      }

      function end(): void {
        mustEnd = true;
        if (isBusy) return;
        leave();
        resolve(ok([]));
      }

      function fail(error: unknown): void {
        leave();
        reject(error);
      }

      async function run(): Promise<void> {
        isBusy = true;
        const before = news();
        try {
          const result = await attempt();
          isBusy = false;
          if (mustEnd || !result.ok || result.value.length > 0) {
            leave();
            resolve(result);
          } else if (before !== news()) await serve();
        } catch (error) {
          fail(error);
        }
      }

      const waiter: Waiter = { filter, isBusy: () => isBusy, start: () => void run(), end, fail };
      waiters.add(waiter);
      const cancelEnd = waits.after(ms, end);
      gone?.addEventListener('abort', end, { once: true });
      void serve();
      return promise;
    },

    end() {
      isOver = true;
      cancelTimer();
      for (const waiter of waiters) waiter.end();
    },
  };
}
