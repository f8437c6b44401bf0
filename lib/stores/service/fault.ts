/** An answer of a service that is no success. `code` is that of its problem; empty where the answer is none. */
export class ServiceFault extends Error {
  override readonly name = 'ServiceFault';
  readonly status: number;
  readonly code: string;

  constructor({ status, code, detail }: { status: number; code: string; detail: string }) {
    super(
      `The service answers ${[String(status), code].join(' ').trim()}${detail && `: ${detail}`}`,
    );
    this.status = status;
    this.code = code;
  }
}

interface Problem {
  readonly code?: unknown;
  readonly detail?: unknown;
}

/** Reads why a request was not answered with a success. */
export async function readFault(response: Response): Promise<ServiceFault> {
  const problem = problemIn(await response.text());
  const { status } = response;
  return new ServiceFault({
    status,
    code: textOf(problem?.code),
    detail: textOf(problem?.detail),
  });
}

/** Null where the text is something else, as that of a proxy. */
function problemIn(text: string): Problem | null {
  try {
    return JSON.parse(text) as Problem | null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Whether the same request may succeed later, and does no harm if it was carried out already. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ServiceFault) {
    return [408, 425, 429].includes(error.status) || error.status >= 500;
  }
  // A failure of the connection has other names on each runtime.
  return error instanceof Error;
}

/** Whether nothing was done for the request, and it may succeed later. */
export function isRefusedForNow(error: unknown): boolean {
  return error instanceof ServiceFault && (error.code === 'overloaded' || error.status === 429);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 300) : '';
}
