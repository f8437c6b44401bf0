/** What the log says of a request that is answered. */
export interface RequestLine {
  /** Requests that come every few seconds are for debugging. */
  readonly level: 'info' | 'debug';
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  readonly method: string;
  /** Without line breaks and terminal codes. */
  readonly path: string;
  readonly status: number;
  readonly durationMs: number;
  readonly requestId: string;
  readonly jobId: string | undefined;
  /** The code of the failure in the answer. */
  readonly code: string | undefined;
  /** The name of the access token. */
  readonly access: string | undefined;
  /** How long a claim waited for a job. */
  readonly waitedMs: number | undefined;
}

/**
 * Where the lines of requests go on a runtime that writes their text itself: the logger would copy each record twice,
 * which takes longer than a small answer.
 */
export interface RequestLines {
  isEnabledFor(level: RequestLine['level']): boolean;
  write(line: RequestLine): void;
}
