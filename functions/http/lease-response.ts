import type { Timestamp } from '../../lib/base/timestamp.ts';
import { nextSheet } from '../../lib/checkpoint/progress.ts';
import { writeLayout } from '../../lib/json/writer.ts';
import { startedWithGrant } from '../../lib/lease/first-start.ts';
import { type KeptProgress, keptProgressOf } from '../../lib/lease/kept-progress.ts';
import type { Lease } from '../../lib/lease/lease.ts';
import { renewAfterMs } from '../../lib/lease/rules.ts';
import type { Grant } from '../../lib/protocol/granted.ts';
import { publicBody } from '../../lib/storage/job-view.ts';
import { takeRoomFor } from './admission.ts';
import type { HttpContext } from './env.ts';
import { MINIMAL_APPLIED, prefersMinimal } from './job-response.ts';
import { entityTag } from './precondition.ts';
import { type Answer, answer, JSON_TYPE } from './response.ts';

// No cache may keep the token.
const NO_STORE = { 'Cache-Control': 'no-store' };

/** When an answer is made, and for how long the call waited before the grant. */
interface Moment {
  readonly now: Timestamp;
  /** In milliseconds. The answer says it where it is not 0: the lease begins that much after the request. */
  readonly waitedMs?: number;
  /** Whether the answer names the sheet that the grant has started. */
  readonly showsStart?: boolean;
}

/**
 * The answer to a granted lease: the lease, its token and the state, or without the state where the client prefers
 * that. The bytes of the state are sent as they are.
 */
export function grantedResponse(c: HttpContext, grant: Grant, moment: Moment): Answer {
  const headers = { ...NO_STORE, ETag: entityTag(grant.job.version) };
  return grantResponse(c, headers, [grantText(c, grant, moment)]);
}

/** The answer to a claim of several jobs. Each grant is as in the answer to one, with the version of its job. */
export function grantsResponse(c: HttpContext, grants: readonly Grant[], moment: Moment): Answer {
  const texts = grants.map(grant =>
    grantText(c, grant, moment, { etag: entityTag(grant.job.version) }),
  );
  const separated = texts.flatMap((text, at) => (at === 0 ? [text] : [[','], text]));
  return grantResponse(c, NO_STORE, [['{"grants":['], ...separated, [']}']]);
}

/** Pieces of JSON text. A state is bytes already. */
type JsonText = readonly (string | Uint8Array)[];

function grantText(
  c: HttpContext,
  { lease, token, job }: Grant,
  { now, waitedMs = 0, showsStart = false }: Moment,
  others: Readonly<Record<string, unknown>> = {},
): JsonText {
  const kept = keptProgressOf(job.state);
  const facts = JSON.stringify({
    lease: leaseJson(lease),
    token,
    next_sheet: nextSheet(job.state),
    ...pacing(lease, now),
    ...(waitedMs === 0 ? {} : { waited_ms: waitedMs }),
    ...(kept === null ? {} : { last_progress: plainJson(kept) }),
    ...(showsStart ? { started: startedWithGrant(job.state) } : {}),
    ...others,
  });
  if (prefersMinimal(c)) return [facts];
  return [`${facts.slice(0, -1)},"state":`, publicBody(job), '}'];
}

/** A value of a state, with everything that `JSON.stringify` cannot write as it is. */
function plainJson(value: KeptProgress): unknown {
  return JSON.parse(writeLayout(value, 'null'));
}

function grantResponse(
  c: HttpContext,
  headers: Readonly<Record<string, string>>,
  texts: readonly JsonText[],
): Answer {
  const applied = prefersMinimal(c) ? MINIMAL_APPLIED : {};
  const body = joined(texts.flat());
  takeRoomFor(c, body.byteLength);
  return answer(c, body, {
    status: 201,
    headers: { 'Content-Type': JSON_TYPE, ...headers, ...applied },
  });
}

function joined(text: JsonText): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const pieces = text.map(piece => (typeof piece === 'string' ? encoder.encode(piece) : piece));
  const body = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.byteLength;
  }
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
