import { shown } from '../lib/job-view.ts';
import type { Grant } from '../lib/lease-grant.ts';
import { nextSheet } from '../lib/state/progress.ts';
import type { Timestamp } from '../lib/timestamp.ts';
import { answer } from './answer.ts';
import type { HttpContext } from './http-env.ts';
import { leaseJson, pacing } from './lease-json.ts';
import { entityTag } from './precondition.ts';

/** A leased job: the lease, its token, and the state as it stands, whose bytes are sent as they are. */
export function grantedResponse(
  c: HttpContext,
  { lease, token, job }: Grant,
  now: Timestamp,
): Response {
  const facts = JSON.stringify({
    lease: leaseJson(lease),
    token,
    next_sheet: nextSheet(job.state),
    ...pacing(lease, now),
  });
  const head = new TextEncoder().encode(`${facts.slice(0, -1)},"state":`);
  const state = shown(job);
  const body = new Uint8Array(head.byteLength + state.byteLength + 1);
  body.set(head);
  body.set(state, head.byteLength);
  body.set(CLOSING_BRACE, head.byteLength + state.byteLength);
  return answer(c, body, {
    status: 201,
    headers: {
      'Content-Type': 'application/json',
      // A token is for the one who asked, and for once.
      'Cache-Control': 'no-store',
      ETag: entityTag(job.version),
    },
  });
}

const CLOSING_BRACE = new TextEncoder().encode('}');
