import type { Timing } from '../../../lib/worker/client/timing.ts';

/** Standard output or standard error of a command. */
export interface Output {
  /** Whether a terminal shows it. */
  readonly isTerminal: boolean;
  /** Characters in a line of the terminal; null if it is none, or does not say. */
  readonly columns: number | null;
  /** Lines of the terminal; null if it is none, or does not say. */
  readonly rows: number | null;
  /** True as soon as the reader has gone: further text is dropped. */
  readonly isClosed: boolean;
  /** Resolves when more may be written. Never rejects for a reader that has gone. */
  write(text: string): Promise<void>;
}

/** Standard input of a command. */
export interface Input {
  readonly isTerminal: boolean;
  /** All of it. */
  text(): Promise<string>;
  /** The next line, without its end; null at the end of the input. */
  line(): Promise<string | null>;
}

/** What a command works with beside its arguments. Tests pass their own. */
export interface Io {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly timing: Timing;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}
