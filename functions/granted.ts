import { shown } from '../lib/job-view.ts';
import type { Grant } from '../lib/lease-grant.ts';
import { nextSheet } from '../lib/state/progress.ts';
import type { Timestamp } from '../lib/timestamp.ts';
import { hasRoomFor } from './admission.ts';
import { answer } from './answer.ts';
import type { HttpContext } from './http-env.ts';
import { jsonResponse, MINIMAL_APPLIED, prefersMinimal } from './json.ts';
import { leaseJson, pacing } from './lease-json.ts';
import { entityTag } from './precondition.ts';

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
