import { DalsegnoError, NoAnswerError } from '../../../lib/worker/client/problem.ts';
import { CommandFailure, EXIT, type ExitCode } from '../terminal/exit-code.ts';

/** What a command says about an error, and its exit code. Null for an error that is a fault of the program. */
export interface FailureReport {
  readonly exitCode: ExitCode;
  /** Printable only after escaping. */
  readonly message: string;
  /** Faults of the request, where the service names them. */
  readonly details: readonly string[];
  readonly advice: string | null;
  /** For `--json`. */
  readonly problem: Readonly<Record<string, unknown>>;
}

export function reportOf(error: unknown, { url }: { readonly url: string }): FailureReport | null {
  if (error instanceof CommandFailure) {
    const { message, exitCode, advice } = error;
    return {
      exitCode,
      message,
      details: [],
      advice,
      problem: { code: 'command', detail: message },
    };
  }
  if (error instanceof NoAnswerError) {
    const message = `${url} does not answer: ${error.message}`;
    return {
      exitCode: EXIT.unreachable,
      message,
      details: [],
      advice: UNREACHABLE,
      problem: { code: 'no_answer', detail: message, url },
    };
  }
  if (error instanceof DalsegnoError) return reportOfAnswer(error, url);
  return isSystemError(error) ? reportOfSystem(error) : null;
}

interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
}

/** Whether the file system refused something, such as a full disk. */
function isSystemError(error: unknown): error is SystemError {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return false;
  return typeof error.code === 'string' && typeof error.syscall === 'string';
}

function reportOfSystem({ message, code, path }: SystemError): FailureReport {
  return {
    exitCode: EXIT.failure,
    message,
    details: [],
    advice: null,
    problem: { code: 'file_system', detail: message, error: code, path: path ?? null },
  };
}

const UNREACHABLE =
  'Is the service running there? Start one with `dalsegno serve`, or name another with --url or DALSEGNO_URL.';

function reportOfAnswer(error: DalsegnoError, url: string): FailureReport {
  const { status, code, detail, problem } = error;
  const isOurs = problem !== null;
  return {
    exitCode: isOurs ? exitCodeOf(status) : EXIT.unreachable,
    message: isOurs ? `${detail} (${code}, ${status})` : `${url}: ${error.message}`,
    details: faultsOf(problem, detail),
    advice: isOurs ? (ADVICE[code] ?? null) : UNREACHABLE,
    problem: problem ?? { status, code, detail, url },
  };
}

function exitCodeOf(status: number): ExitCode {
  switch (status) {
    case 401:
    case 403:
      return EXIT.access;
    case 404:
      return EXIT.notFound;
    case 409:
    case 412:
      return EXIT.conflict;
    case 400:
    case 415:
    case 422:
      return EXIT.usage;
    case 429:
    case 503:
    case 504:
      return EXIT.unreachable;
    default:
      return EXIT.failure;
  }
}

/** What the user may do, by the code of the problem. */
const ADVICE: Readonly<Record<string, string>> = {
  unauthorized: 'Give an access token by DALSEGNO_TOKEN or --token; `dalsegno token` makes one.',
  token_expired: 'Make a new access token with `dalsegno token`, and configure its entry.',
  forbidden: 'This needs a token with a higher scope, or without a prefix.',
  job_not_found: 'See which jobs there are: dalsegno jobs --q <part of the id>',
  job_exists: 'See it: dalsegno show <id>. To replace it: dalsegno import --overwrite',
  job_finished: 'The job has ended. To run it again, delete it and create it again.',
  lease_held:
    'See who holds it: dalsegno why <id>. --force does it all the same, where the command has it.',
  not_found: 'The service may be older than this command: compare `dalsegno --version` with it.',
  method_not_allowed:
    'The service may be older than this command: compare `dalsegno --version` with it.',
  version_conflict: 'The job has changed meanwhile: read it again.',
  body_too_large: 'See MAX_BODY_BYTES of the service.',
  state_too_large: 'See MAX_SHEETS and MAX_STATE_BYTES of the service.',
  overloaded: 'Try again in a moment.',
  store_unavailable: 'The service runs, but its store fails: see its log, and dalsegno doctor.',
  state_corrupt: 'The file is no state: repair it, or delete it in the store.',
  leases_unsupported:
    'The store of this service has no leases: dalsegno stats says what it can do.',
};

/** The faults that the detail does not name already. */
function faultsOf(problem: Readonly<Record<string, unknown>> | null, detail: string): string[] {
  const errors = problem?.['errors'];
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((fault: unknown) => {
    if (typeof fault !== 'object' || fault === null) return [];
    if (!('path' in fault && 'reason' in fault)) return [];
    const reason = String(fault.reason);
    return detail.includes(reason) ? [] : [`${String(fault.path)}: ${reason}`];
  });
}
