import { expect } from 'vitest';

/**
 * What an answer must match to be a problem of RFC 9457 with what the service adds: a stable code,
 * and a path and reason for every fault.
 */
export function aProblem(expected: {
  readonly status: number;
  readonly code: string;
  readonly path?: string;
}): Record<string, unknown> {
  const { status, code, path } = expected;
  const text = expect.stringMatching(/./);
  const fault = expect.objectContaining({ path, reason: text });
  return {
    status,
    type: 'application/problem+json',
    json: expect.objectContaining({
      type: `urn:dalsegno:problem:${code}`,
      title: text,
      status,
      code,
      detail: text,
      request_id: text,
      ...(path === undefined ? {} : { errors: expect.arrayContaining([fault]) }),
    }),
  };
}
