import type { Io } from './io.ts';
import { createProgressDisplay } from './progress.ts';

export interface ProgressBar {
  show(done: number): void;
  /** Ends the line, with a last message if there is one. */
  end(message?: string): void;
}

/** Progress of long work on standard error: a bar on a terminal, a line from time to time elsewhere. */
export function createProgressBar(
  { stderr, timing }: Pick<Io, 'stderr' | 'timing'>,
  {
    title,
    unit,
    total,
  }: { readonly title: string; readonly unit: string; readonly total: number | null },
): ProgressBar {
  const display = createProgressDisplay(
    {
      isTTY: stderr.isTerminal,
      columns: stderr.columns ?? undefined,
      write: text => void stderr.write(text),
    },
    () => timing.elapsedMs(),
  );
  return {
    show: done => display.show({ title, unit, done, total }),
    end(message) {
      display.end();
      if (message !== undefined) void stderr.write(`${message}\n`);
    },
  };
}
