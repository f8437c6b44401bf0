/** The service refused, or failed. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly code: string;
  readonly requestId: string | null;

  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    const text = (name: string): string | null => textIn(problem, name);
    super(text('detail') ?? text('title') ?? `The service answered ${status}`);
    this.status = status;
    this.code = text('code') ?? String(status);
    this.requestId = text('request_id');
  }
}

/** No answer came. */
export class OfflineError extends Error {
  override readonly name = 'OfflineError';
}

function textIn(problem: Readonly<Record<string, unknown>>, name: string): string | null {
  const member = problem[name];
  return typeof member === 'string' ? member : null;
}
