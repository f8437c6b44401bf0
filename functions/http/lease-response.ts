import type { Timestamp } from '../../lib/base/timestamp.ts';
import { nextSheet } from '../../lib/checkpoint/progress.ts';
import type { Lease } from '../../lib/lease/lease.ts';
import { renewAfterMs } from '../../lib/lease/rules.ts';
import type { Grant } from '../../lib/protocol/granted.ts';
import { shown } from '../../lib/storage/job-view.ts';
import { hasRoomFor } from './admission.ts';
import type { HttpContext } from './env.ts';
import { MINIMAL_APPLIED, prefersMinimal } from './job-response.ts';
import { entityTag } from './precondition.ts';
import { answer, jsonResponse } from './response.ts';

/**
 * A leased job: the lease, its token, and the state as it stands, whose bytes are sent as they are; or
 * without the state where the client prefers that.
 */
export function grantedResponse(
  c: HttpContext,
  { lease, token, job }: Grant,
  now: Timestamp,
): Response {
  const facts = {
    lease: leaseJson(lease),
    token,
    next_sheet: nextSheet(job.state),
    ...pacing(lease, now),
  };
  // A token is for the one who asked, and for once.
  const headers = { 'Cache-Control': 'no-store', ETag: entityTag(job.version) };
  if (prefersMinimal(c)) {
    return jsonResponse(c, facts, { status: 201, headers: { ...headers, ...MINIMAL_APPLIED } });
  }
  const state = shown(job);
  hasRoomFor(c, state.byteLength);
  const body = withMember(JSON.stringify(facts), '"state":', state);
  return answer(c, body, {
    status: 201,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}

/** The text of an object with one more member, whose value is JSON already. */
function withMember(object: string, name: string, value: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(`${object.slice(0, -1)},${name}`);
  const body = new Uint8Array(head.byteLength + value.byteLength + 1);
  body.set(head);
  body.set(value, head.byteLength);
  body.set(new TextEncoder().encode('}'), head.byteLength + value.byteLength);
  return body;
}

/** A lease as answers show it: all but what proves it. */
export function leaseJson(lease: Lease): Readonly<Record<string, unknown>> {
  const {
    token_sha256: _proof,
    expired: _expired,
    ended_at: _ended,
    request_sha256: _request,
    request_message,
    late_renewals,
    worst_late_seconds,
    ...visible
  } = lease;
  return {
    ...visible,
    ...(late_renewals === 0 ? {} : { late_renewals, worst_late_seconds }),
    ...(request_message === null ? {} : { request_message }),
  };
}

/** What lets a client pace itself without trusting its own clock. */
export function pacing(lease: Lease, now: Timestamp): Readonly<Record<string, unknown>> {
  return {
    server_time: now,
    expires_at: lease.expires_at,
    renew_after_ms: renewAfterMs(lease),
  };
}
