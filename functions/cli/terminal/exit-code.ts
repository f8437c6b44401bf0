/** What the exit code of a command means. `functions/cli/README.md` has it as a table. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  access: 5,
  unreachable: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a message for its user, and an exit code. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly exitCode: ExitCode;
  /** What the user may do; null for nothing that is not in the message. */
  readonly advice: string | null;

  constructor(
    message: string,
    { exitCode = EXIT.failure, advice = null, ...options }: FailureOptions = {},
  ) {
    super(message, options);
    this.exitCode = exitCode;
    this.advice = advice;
  }
}

interface FailureOptions extends ErrorOptions {
  readonly exitCode?: ExitCode;
  readonly advice?: string | null;
}

/** The command line is wrong: exit code 2. */
export function usageFault(message: string, advice: string | null = null): CommandFailure {
  return new CommandFailure(message, { exitCode: EXIT.usage, advice });
}
