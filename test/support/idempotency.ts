import type { Answer, AppClient } from './app.ts';
import { type Held, LEASE, leaseOf } from './leasing.ts';
import { aProblem } from './problem.ts';

export const KEY = '00112233445566778899aabbccddeeff';
export const OTHER_KEY = 'ffeeddccbbaa99887766554433221100';
export const ASK = { holder: 'w-1', ttl_seconds: 60 };
export const REUSED = aProblem({
  status: 422,
  code: 'idempotency_key_reused',
  path: 'Idempotency-Key',
});

export function keyed(key: string, attempt?: number): Record<string, string> {
  const number = attempt === undefined ? {} : { 'Idempotency-Attempt': String(attempt) };
  return { 'Idempotency-Key': key, ...number };
}

export function claimWith(
  app: Pick<AppClient, 'ask'>,
  headers: Record<string, string>,
  json: unknown = ASK,
): Promise<Answer> {
  return app.ask('POST', '/v1/claims', { json, headers });
}

export function acquireWith(
  app: Pick<AppClient, 'ask'>,
  headers: Record<string, string>,
  json: unknown = ASK,
): Promise<Answer> {
  return app.ask('POST', LEASE, { json, headers });
}

/** What a client must find the same in both answers. */
export function grantIn(answer: Answer): unknown {
  const { token, lease } = answer.json as { token: string; lease: Record<string, unknown> };
  const { lease_id, epoch, job_id, holder } = lease;
  return { status: answer.status, token, lease_id, epoch, job_id, holder };
}

export function heldIn(answer: Answer): Held {
  const { token } = answer.json as { token: string };
  return {
    answer,
    token,
    leaseId: leaseOf(answer).lease_id,
    headers: { 'Lease-Token': token },
    key: '',
  };
}
