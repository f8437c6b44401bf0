/** The part of a stream that shows progress. */
export interface ProgressOutput {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** How far some work is. */
export interface Progress {
  /** What is done, such as `Copying`. */
  readonly title: string;
  /** What is counted, such as `jobs`. */
  readonly unit: string;
  readonly done: number;
  /** Null where nobody knows. */
  readonly total: number | null;
}

export interface ProgressDisplay {
  show(progress: Progress): void;
  /** Ends the line, so that the next output starts on a new one. */
  end(): void;
}

const BAR_CHARACTERS = 30;
const DEFAULT_COLUMNS = 80;
/** So that the bars of two passes stand below each other. */
const TITLE_CHARACTERS = 9;
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
  let shownTitle: string | null = null;

  return {
    show(progress) {
      const { title, done, total } = progress;
      const time = now();
      const isForced = title !== shownTitle || done === total;
      if (!isForced && time - shownAt < (onTerminal ? REDRAW_MS : LINE_MS)) return;
      if (onTerminal && shownTitle !== null && title !== shownTitle) output.write('\n');
      shownAt = time;
      shownTitle = title;
      output.write(onTerminal ? `\r${barOf(progress, output.columns)}\u001b[K` : lineOf(progress));
    },
    end() {
      if (onTerminal && shownTitle !== null) output.write('\n');
      shownTitle = null;
    },
  };
}

function barOf({ title, unit, done, total }: Progress, columns: number | undefined): string {
  const most = Math.max(1, columns || DEFAULT_COLUMNS) - 1;
  if (total === null) return `${title} ${done} ${unit}`.slice(0, most);
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.floor(share * BAR_CHARACTERS);
  const bar = `${'#'.repeat(full)}${'-'.repeat(BAR_CHARACTERS - full)}`;
  const text = `${title.padEnd(TITLE_CHARACTERS)} [${bar}] ${done}/${total} ${Math.floor(share * 100)}%`;
  // A line that wraps cannot be overwritten. Some terminals do not report their width.
  return text.slice(0, most);
}

function lineOf({ title, unit, done, total }: Progress): string {
  return total === null ? `${title}: ${done} ${unit}\n` : `${title}: ${done} of ${total} ${unit}\n`;
}
