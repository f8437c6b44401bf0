import type { Failure } from '../../lib/failure.ts';
import type { HttpContext } from './env.ts';
import { problem } from './problem.ts';
import { HEALTH_RESOURCES } from './resources.ts';
import type { Answer } from './response.ts';

/** The failure of a request for which there is no room. */
export const OVERLOADED: Failure = { code: 'overloaded', retryAfterSeconds: 1 };

/** Requests that renew, grant or end a lease: where they are late, work is lost. */
const URGENT = /^\/v1\/(?:heartbeats|presence(?:\/[^/]+)?|jobs\/[^/]+\/lease)$/;

/**
 * Refuses a request for which there is no room, before anything is done for it. Health checks are always answered.
 * `leave` gives the room back.
 */
export function admit(c: HttpContext): Answer | null {
  if (c.env.intake === undefined || Object.hasOwn(HEALTH_RESOURCES, c.req.path)) return null;
  const urgent = URGENT.test(c.req.path) && c.req.method !== 'GET';
  const ticket = c.env.intake.enter({ urgent });
  if (ticket === null) return problem(c, OVERLOADED);
  c.set('ticket', ticket);
  return null;
}

/** Gives the room of a request back when its answer is sent, or now where the runtime does not report that. */
export function leave(c: HttpContext): void {
  const ticket = c.get('ticket');
  if (ticket === undefined) return;
  if (c.env.whenSent === undefined) ticket.leave();
  else c.env.whenSent(() => ticket.leave());
}

/** Takes room for an answer, and says whether there was any. The answer to a change is sent in any case. */
export function takeRoomFor(c: HttpContext, answerBytes: number): boolean {
  const isRead = c.req.method === 'GET';
  return c.get('ticket')?.takeAnswer(answerBytes, !isRead) ?? true;
}
