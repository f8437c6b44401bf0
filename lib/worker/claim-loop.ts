import type { Claimer } from './claimer.ts';
import type { Grant } from './client/grant.ts';
import { DalsegnoError, NoAnswerError, retryAfterMsOf } from './client/problem.ts';
import { pause, type Timing } from './client/timing.ts';
import type { Emit } from './worker-event.ts';

/** Claims jobs of one name, or of any. */
export interface ClaimLoop {
  /** Up to `max` jobs; none after a wait or a pause, which an abort of `stopWaiting` ends. Never rejects. */
  claim(ask: {
    readonly max: number;
    readonly stopWaiting: AbortSignal;
  }): Promise<readonly Grant[]>;
  /** Whether the last claim found no job, so that the next one waits. */
  isIdle(): boolean;
  /** The next claim does not wait. */
  wake(): void;
}

interface ClaimLoopOptions {
  readonly claimer: Claimer;
  readonly timing: Timing;
  readonly emit: Emit;
  /** The next pause before another claim, if no job waits. */
  readonly pollMs: () => number;
  /** Whether a claim that does not find a job is followed by a pause, where the service does not wait. */
  readonly pausesAtOnce: boolean;
  /** Aborted when the worker is to stop. */
  readonly stopping: AbortSignal;
  /** Aborted when a stopping worker has no more time for claims. */
  readonly writesEnded: AbortSignal;
  /** Resolves when no job is about to end. */
  readonly settled: () => Promise<void>;
  /** Stops the worker, because no claim can succeed. */
  readonly stopWithError: (error: unknown) => void;
}

/**
 * One claim after the other. The first one that finds no job tells so; those after it wait for a job at the service, or
 * follow after a pause if the service does not wait. A claim without a wait is completed even while the worker stops,
 * so that its jobs can be released.
 */
export function createClaimLoop(options: ClaimLoopOptions): ClaimLoop {
  const { claimer, timing, emit, pollMs, stopping, writesEnded, settled, stopWithError } = options;
  let isIdle = false;

  return {
    isIdle: () => isIdle,

    wake() {
      isIdle = false;
    },

    async claim({ max, stopWaiting }) {
      const waits = isIdle;
      try {
        const ask = { max, canWait: waits, stopWaiting, signal: writesEnded };
        const grants = await claimer.claim(ask);
        isIdle = grants.length === 0;
        if (!isIdle) return grants;
        await settled();
        if (stopWaiting.aborted) return [];
        const waitMs = claimer.waitMs();
        const idleMs = waitMs > 0 ? waitMs : pollMs();
        emit({ type: 'idle', waitMs: idleMs });
        if (waitMs === 0 && (waits || options.pausesAtOnce)) {
          await pause(timing, idleMs, stopWaiting);
        }
      } catch (error) {
        emit({ type: 'error', during: 'claim', error });
        if (isPermanent(error)) stopWithError(error);
        await pause(timing, Math.max(retryAfterMsOf(error) ?? 0, pollMs()), stopping);
      }
      return [];
    },
  };
}

/** Whether another claim would fail the same way: the worker or the service is set up wrongly. */
function isPermanent(error: unknown): boolean {
  if (error instanceof NoAnswerError) return false;
  // The request could not be built: the URL or the token is invalid.
  if (!(error instanceof DalsegnoError)) return true;
  if (error.problem === null) return false;
  const { status, code } = error;
  if (code === 'leases_unsupported') return true;
  return status >= 400 && status < 500 && ![408, 409, 425, 429].includes(status);
}
