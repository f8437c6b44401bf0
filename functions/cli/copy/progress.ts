import type { CopyProgress } from '../../../lib/copy/copy.ts';

/** As much of a stream as progress is shown on. */
export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressDisplay {
  show(progress: CopyProgress): void;
  /** Leaves the line clean for what is written next. */
  end(): void;
}

const BAR_CHARACTERS = 30;
const DEFAULT_COLUMNS = 80;
const PASSES = { copy: 'Copying  ', verify: 'Verifying' } as const;
/** For people who look on; for logs, where a line stays. */
const REDRAW_MS = 100;
const LINE_MS = 10_000;

/**
 * A bar on a terminal, a line now and then elsewhere. By hand: the libraries for it take the keyboard to
 * themselves, and with them an interrupted copy ends as if it had been finished.
 */
export function createProgressDisplay(output: ProgressOutput, now: () => number): ProgressDisplay {
  const onTerminal = output.isTTY === true;
  let shownAt = Number.NEGATIVE_INFINITY;
  let shownPass: CopyProgress['pass'] | null = null;

  return {
    show(progress) {
      const { pass, done, total } = progress;
      const time = now();
      const isTurn = pass !== shownPass || done === total;
      if (!isTurn && time - shownAt < (onTerminal ? REDRAW_MS : LINE_MS)) return;
      if (onTerminal && shownPass !== null && pass !== shownPass) output.write('\n');
      shownAt = time;
      shownPass = pass;
      output.write(onTerminal ? `\r${barOf(progress, output.columns)}\u001b[K` : lineOf(progress));
    },
    end() {
      if (onTerminal && shownPass !== null) output.write('\n');
      shownPass = null;
    },
  };
}

function barOf({ pass, done, total }: CopyProgress, columns: number | undefined): string {
  const share = total === 0 ? 1 : done / total;
  const full = Math.floor(share * BAR_CHARACTERS);
  const bar = `${'#'.repeat(full)}${'-'.repeat(BAR_CHARACTERS - full)}`;
  const text = `${PASSES[pass]} [${bar}] ${done}/${total} ${Math.floor(share * 100)}%`;
  // A line that wraps cannot be drawn over. Some terminals do not say how wide they are.
  return text.slice(0, Math.max(1, columns || DEFAULT_COLUMNS) - 1);
}

function lineOf({ pass, done, total }: CopyProgress): string {
  return `${PASSES[pass].trim()}: ${done} of ${total} jobs\n`;
}
