import type { OnSheet, SheetContext, SheetResult } from '../../lib/worker.ts';

/** A sheet that is being worked on until the test says what comes of it. */
export interface Performance {
  readonly context: SheetContext;
  finish(result?: SheetResult): void;
  fail(error?: unknown): void;
}

/** Where the sheets of a worker are performed. */
export interface Stage {
  readonly onSheet: OnSheet;
  /** All that began, in order. */
  readonly performances: readonly Performance[];
  /** The one that began last. */
  last(): Performance;
}

export function openStage(): Stage {
  const performances: Performance[] = [];
  return {
    performances,
    last() {
      const last = performances.at(-1);
      if (last === undefined) throw new Error('No sheet has begun');
      return last;
    },
    onSheet(context) {
      const { promise, resolve, reject } = Promise.withResolvers<SheetResult | undefined>();
      performances.push({ context, finish: resolve, fail: reject });
      return promise;
    },
  };
}
