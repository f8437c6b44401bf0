import type { CopyProgress } from '../../../lib/copy/copy.ts';

/** The part of a stream that shows progress. */
export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ProgressDisplay {
  show(progress: CopyProgress): void;
  /** Ends the line, so that the next output starts on a new one. */
  end(): void;
}

const BAR_CHARACTERS = 30;
const DEFAULT_COLUMNS = 80;
const PASSES = { copy: 'Copying  ', verify: 'Verifying' } as const;
/** How often the bar is redrawn on a terminal, and how often a line is written to a log. */
const REDRAW_MS = 100;
const LINE_MS = 10_000;

/**
 * Shows a bar on a terminal, and writes a line from time to time elsewhere. It uses no library: the libraries for this
 * capture the keyboard, and then an interrupted copy ends as if it were complete.
 */
export function createProgressDisplay(output: ProgressOutput, now: () => number): ProgressDisplay {
  const onTerminal = output.isTTY === true;
  let shownAt = Number.NEGATIVE_INFINITY;
  let shownPass: CopyProgress['pass'] | null = null;

  return {
    show(progress) {
      const { pass, done, total } = progress;
      const time = now();
      const isForced = pass !== shownPass || done === total;
      if (!isForced && time - shownAt < (onTerminal ? REDRAW_MS : LINE_MS)) return;
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
  // A line that wraps cannot be overwritten. Some terminals do not report their width.
  return text.slice(0, Math.max(1, columns || DEFAULT_COLUMNS) - 1);
}

function lineOf({ pass, done, total }: CopyProgress): string {
  return `${PASSES[pass].trim()}: ${done} of ${total} jobs\n`;
}
