import { type Colours, coloursFor } from '../terminal/colours.ts';
import { EXIT, type ExitCode } from '../terminal/exit-code.ts';
import type { Io } from '../terminal/io.ts';
import { printable, printableJson } from '../terminal/printable.ts';
import { type Connection, connect, type Wire } from './connection.ts';
import type { Root } from './root.ts';

/** What the action of an operator's command works with. */
export interface Session extends Connection {
  readonly io: Io;
  readonly colours: Colours;
  /** Whether `--json` is given. */
  readonly isJson: boolean;
  /** Prints lines. What comes from elsewhere must be `printable`. */
  readonly print: (...lines: readonly string[]) => Promise<void>;
  /** Prints JSON as it is, with what a terminal would obey escaped on a terminal. */
  readonly printJson: (text: string) => Promise<void>;
}

export interface CommandParts {
  readonly root: Root;
  readonly io: Io;
  readonly wire: Wire;
  /** Sets the exit code of a command that has not failed. */
  readonly exitWith: (code: ExitCode) => void;
}

/** Runs the action of a command with a client; ends it with 130 where Ctrl-C comes first. */
export async function withSession(
  { root, io, wire, exitWith }: CommandParts,
  action: (session: Session) => Promise<ExitCode> | Promise<void>,
): Promise<void> {
  const given = root.opts();
  const connection = await connect(given, io, wire);
  const session: Session = {
    ...connection,
    io,
    colours: coloursFor(io, io.stdout),
    isJson: given.json === true,
    print: async (...lines) => io.stdout.write(lines.map(line => `${line}\n`).join('')),
    printJson: async text => {
      const safe = io.stdout.isTerminal ? printableJson(text) : text;
      await io.stdout.write(safe.endsWith('\n') ? safe : `${safe}\n`);
    },
  };
  const code = await Promise.race([action(session), interrupted(io.signal)]);
  exitWith(code ?? EXIT.ok);
}

function interrupted(signal: AbortSignal): Promise<ExitCode> {
  return new Promise(resolve => {
    const end = (): void => resolve(EXIT.interrupted);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

/** A text of the service in one printable line; a dash for none. */
export function shown(text: string | null | undefined): string {
  return text === null || text === undefined || text === '' ? '-' : printable(text);
}
