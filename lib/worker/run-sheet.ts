import * as z from 'zod';
import { SheetResult } from './client/sheet-update.ts';
import type { Timing } from './client/timing.ts';

/** How one attempt at a sheet ended. */
export type Attempt =
  | { readonly kind: 'completed'; readonly result: SheetResult; readonly seconds: number }
  | { readonly kind: 'failed'; readonly error: Error; readonly seconds: number }
  /** It was asked to stop, and either stopped or exceeded the grace period. */
  | { readonly kind: 'interrupted' };

interface AttemptOptions {
  readonly interrupted: AbortSignal;
  /** How long the work may continue after it was asked to stop. */
  readonly graceMs: number;
  readonly timing: Timing;
}

/** Does the work of a sheet once. Never rejects. */
export async function attemptSheet(
  work: () => unknown,
  { interrupted, graceMs, timing }: AttemptOptions,
): Promise<Attempt> {
  const startedAtMs = timing.elapsedMs();
  const secondsSince = () => (timing.elapsedMs() - startedAtMs) / 1000;
  let cancel = (): void => {};
  const outOfTime = new Promise<Attempt>(resolve => {
    const wait = (): void => {
      cancel = timing.after(graceMs, () => resolve({ kind: 'interrupted' }));
    };
    if (interrupted.aborted) wait();
    else interrupted.addEventListener('abort', wait, { once: true });
    cancel = () => interrupted.removeEventListener('abort', wait);
  });

  async function attempt(): Promise<Attempt> {
    try {
      const result = resultOf(await work());
      return { kind: 'completed', result, seconds: secondsSince() };
    } catch (thrown) {
      // After the request to stop, any thrown value counts as the stop.
      if (interrupted.aborted) return { kind: 'interrupted' };
      const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
      return { kind: 'failed', error, seconds: secondsSince() };
    }
  }

  try {
    return await Promise.race([attempt(), outOfTime]);
  } finally {
    cancel();
  }
}

function resultOf(value: unknown): SheetResult {
  const read = SheetResult.safeParse(value ?? {});
  if (read.success) return read.data;
  const reason = z.prettifyError(read.error);
  throw new TypeError(`Cannot record what onSheet returned: ${reason}`, { cause: read.error });
}
