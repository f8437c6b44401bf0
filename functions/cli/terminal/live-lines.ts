import { stripVTControlCharacters } from 'node:util';
import type { Output } from './io.ts';
import { widthOf } from './width.ts';

/** Lines of a terminal that are drawn again in their place. */
export interface LiveLines {
  draw(lines: readonly string[]): Promise<void>;
  /** Shows the cursor again, below the lines. */
  end(): void;
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const DEFAULT_ROWS = 24;

export function createLiveLines(output: Output): LiveLines {
  let drawn = 0;
  let hasCursor = true;
  return {
    async draw(lines) {
      const most = Math.max(1, (output.rows ?? DEFAULT_ROWS) - 1);
      const rowsOf = (line: string): number => rowsTaken(line, output.columns);
      const shown = fitting(lines, most, rowsOf);
      const up = drawn > 0 ? `\u001b[${drawn}A\r` : '';
      const hide = hasCursor ? HIDE_CURSOR : '';
      hasCursor = false;
      drawn = shown.reduce((sum, line) => sum + rowsOf(line), 0);
      const body = shown.map(line => `${line}${CLEAR_LINE}\n`).join('');
      await output.write(`${hide}${up}${body}${CLEAR_BELOW}`);
    },
    end() {
      if (!hasCursor) void output.write(SHOW_CURSOR);
      hasCursor = true;
    },
  };
}

/** The first lines that fit into this many rows. */
function fitting(
  lines: readonly string[],
  most: number,
  rowsOf: (line: string) => number,
): readonly string[] {
  const kept: string[] = [];
  let rows = 0;
  for (const line of lines) {
    rows += rowsOf(line);
    if (rows > most) return [...kept.slice(0, -1), '…'];
    kept.push(line);
  }
  return kept;
}

/** How many rows of the terminal a line takes: a long one is wrapped. */
function rowsTaken(line: string, columns: number | null): number {
  if (columns === null) return 1;
  return Math.max(1, Math.ceil(widthOf(stripVTControlCharacters(line)) / columns));
}
