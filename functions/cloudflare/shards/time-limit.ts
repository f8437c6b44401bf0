import type { Timers } from '../../../lib/base/timers.ts';

/** No answer came in time. What was asked for may have happened, or may still happen. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

/** The answer of a task, if it comes within the time. Rejects with a `TimeLimitError` if it does not. */
export function withinTime<T>(
  task: Promise<T>,
  {
    timers,
    milliseconds,
  }: { readonly timers: Pick<Timers, 'after'>; readonly milliseconds: number },
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const cancel = timers.after(milliseconds, () => {
    reject(new TimeLimitError(`It timed out: no answer came within ${milliseconds / 1000} s`));
  });
  task.then(resolve, reject).finally(cancel);
  return promise;
}
