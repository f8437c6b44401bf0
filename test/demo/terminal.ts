import { styleText } from 'node:util';

/** A line of the timeline. */
export interface TimelineLine {
  readonly atMs: number;
  readonly epoch?: number;
  readonly holder: string;
  readonly text: string;
  readonly tone?: 'plain' | 'good' | 'bad' | 'quiet';
}

/** What the demo shows: a timeline, and below it, on a terminal, how far all of it is. */
export interface Terminal {
  line(line: TimelineLine): void;
  text(text: string, tone?: TimelineLine['tone']): void;
  /** Of all sheets. */
  progress(done: number, total: number): void;
  /** Takes the bar away. */
  end(): void;
}

const TONES = { plain: 'reset', good: 'green', bad: 'red', quiet: 'dim' } as const;
const LIVE_BAR_CELLS = 40;

export function openTerminal(out: NodeJS.WriteStream): Terminal {
  // Without a terminal, or where colours are not wanted, the output is lines and nothing else.
  const isLive = out.isTTY && (process.env['NO_COLOR'] ?? '') === '';
  let bar = '';

  function text(content: string, tone: TimelineLine['tone'] = 'plain'): void {
    const styled = isLive && tone !== 'plain' ? styleText(TONES[tone], content) : content;
    out.write(isLive ? `\r\u{1b}[K${styled}\n${bar}` : `${styled}\n`);
  }

  return {
    text,
    line({ atMs, epoch, holder, text: content, tone }) {
      const time = `${(atMs / 1000).toFixed(1)} s`.padStart(7);
      text(`${time} ${String(epoch ?? '').padStart(6)}  ${holder.padEnd(8)} ${content}`, tone);
    },
    progress(done, total) {
      bar = `${' '.repeat(17)}${barOf(done, total, LIVE_BAR_CELLS)}`;
      if (isLive) out.write(`\r\u{1b}[K${bar}`);
    },
    end() {
      if (isLive) out.write('\r\u{1b}[K');
      bar = '';
    },
  };
}

/** `[####....] 4/8`, in so many cells. */
export function barOf(done: number, total: number, cells: number): string {
  const filled = Math.round((done / total) * cells);
  return `[${'#'.repeat(filled)}${'.'.repeat(cells - filled)}] ${done}/${total}`;
}
