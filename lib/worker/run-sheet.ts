import { SheetResult } from './client/sheet-update.ts';
import type { Timing } from './client/timing.ts';
import { SheetTimeoutError } from './handler/sheet-timeout.ts';

/** How one attempt at a sheet ended. */
export type Attempt =
  | { readonly kind: 'completed'; readonly result: SheetResult; readonly seconds: number }
  | {
      readonly kind: 'failed';
      readonly error: Error;
      readonly seconds: number;
      /** Whether the work goes on: it ignores that it was asked to stop, because it took too long. */
      readonly isRunning: boolean;
    }
  /** It was asked to stop, and either stopped or exceeded the grace period. */
  | { readonly kind: 'interrupted' };

interface AttemptOptions {
  readonly interrupted: AbortSignal;
  /** How long the work may take; null for no limit. */
  readonly timeoutMs: number | null;
  /** How long the work may continue after it was asked to stop. */
  readonly graceMs: number;
  readonly timing: Timing;
}

/** Does the work of a sheet once. The signal tells the work to stop. Never rejects. */
export async function attemptSheet(
  work: (signal: AbortSignal) => unknown,
  { interrupted, timeoutMs, graceMs, timing }: AttemptOptions,
): Promise<Attempt> {
  const startedAtMs = timing.elapsedMs();
  const secondsSince = () => (timing.elapsedMs() - startedAtMs) / 1000;
  const stop = new AbortController();
  const { signal } = stop;
  const onInterrupt = (): void => stop.abort(interrupted.reason);
  interrupted.addEventListener('abort', onInterrupt, { once: true });
  const cancelTimeout =
    timeoutMs === null
      ? () => undefined
      : timing.after(timeoutMs, () => stop.abort(new SheetTimeoutError(timeoutMs)));

  /** How the attempt ends that was asked to stop; null if it was not. */
  function stopped(isRunning: boolean): Attempt | null {
    if (!signal.aborted) return null;
    const error: unknown = signal.reason;
    if (!(error instanceof SheetTimeoutError)) return { kind: 'interrupted' };
    return { kind: 'failed', error, seconds: secondsSince(), isRunning };
  }

  let cancelGrace = (): void => {};
  const outOfTime = new Promise<Attempt>(resolve => {
    const wait = (): void => {
      cancelGrace = timing.after(graceMs, () => resolve(stopped(true) ?? { kind: 'interrupted' }));
    };
    signal.addEventListener('abort', wait, { once: true });
  });
  if (interrupted.aborted) onInterrupt();

  async function attempt(): Promise<Attempt> {
    try {
      const result = resultOf(await work(signal));
      // What is returned after the timeout is late. What is returned while the worker stops counts.
      const late = stopped(false);
      return late?.kind === 'failed'
        ? late
        : { kind: 'completed', result, seconds: secondsSince() };
    } catch (thrown) {
      // After the request to stop, any thrown value counts as the stop.
      const end = stopped(false);
      if (end !== null) return end;
      const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
      return { kind: 'failed', error, seconds: secondsSince(), isRunning: false };
    }
  }

  try {
    return await Promise.race([attempt(), outOfTime]);
  } finally {
    cancelTimeout();
    cancelGrace();
    interrupted.removeEventListener('abort', onInterrupt);
  }
}

function resultOf(value: unknown): SheetResult {
  const read = SheetResult.safeParse(value ?? {});
  if (read.success) return read.data;
  throw new TypeError(`Cannot record what onSheet returned: ${read.error.message}`, {
    cause: read.error,
  });
}
