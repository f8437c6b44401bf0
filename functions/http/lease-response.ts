import type { Timestamp } from '../../lib/base/timestamp.ts';
import { nextSheet } from '../../lib/checkpoint/progress.ts';
import type { Lease } from '../../lib/lease/lease.ts';
import { renewAfterMs } from '../../lib/lease/rules.ts';
import type { Grant } from '../../lib/protocol/granted.ts';
import { publicBody } from '../../lib/storage/job-view.ts';
import { takeRoomFor } from './admission.ts';
import type { HttpContext } from './env.ts';
import { MINIMAL_APPLIED, prefersMinimal } from './job-response.ts';
import { entityTag } from './precondition.ts';
import { answer, JSON_TYPE, jsonResponse } from './response.ts';

/**
 * The answer to a granted lease: the lease, its token and the state, or without the state where the client prefers
 * that. The bytes of the state are sent as they are.
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
  // No cache may keep the token.
  const headers = { 'Cache-Control': 'no-store', ETag: entityTag(job.version) };
  if (prefersMinimal(c)) {
    return jsonResponse(c, facts, { status: 201, headers: { ...headers, ...MINIMAL_APPLIED } });
  }
  const state = publicBody(job);
  takeRoomFor(c, state.byteLength);
  const body = withMember(JSON.stringify(facts), '"state":', state);
  return answer(c, body, {
    status: 201,
    headers: { 'Content-Type': JSON_TYPE, ...headers },
  });
}

/** Adds a member, whose value is JSON text already, to the text of an object. */
function withMember(object: string, name: string, value: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(`${object.slice(0, -1)},${name}`);
  const body = new Uint8Array(head.byteLength + value.byteLength + 1);
  body.set(head);
  body.set(value, head.byteLength);
  body.set(new TextEncoder().encode('}'), head.byteLength + value.byteLength);
  return body;
}

/** A lease as answers show it, without the fields that could prove it or are internal. */
export function leaseJson(lease: Lease): Readonly<Record<string, unknown>> {
  // Named one by one: to leave fields out with a rest pattern takes longer than to renew the lease.
  const visible = {
    job_id: lease.job_id,
    lease_id: lease.lease_id,
    epoch: lease.epoch,
    holder: lease.holder,
    ttl_seconds: lease.ttl_seconds,
    acquired_at: lease.acquired_at,
    renewed_at: lease.renewed_at,
    expires_at: lease.expires_at,
    renewals: lease.renewals,
    progress: lease.progress,
    requested: lease.requested,
  };
  const { late_renewals, worst_late_seconds, request_message } = lease;
  if (late_renewals === 0 && request_message === null) return visible;
  return {
    ...visible,
    ...(late_renewals === 0 ? {} : { late_renewals, worst_late_seconds }),
    ...(request_message === null ? {} : { request_message }),
  };
}

/** The times that a client needs to renew in time without trusting its own clock. */
export function pacing(lease: Lease, now: Timestamp): Readonly<Record<string, unknown>> {
  return {
    server_time: now,
    expires_at: lease.expires_at,
    renew_after_ms: renewAfterMs(lease),
  };
}
