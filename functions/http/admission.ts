import type { MiddlewareHandler } from 'hono';
import type { Failure } from '../../lib/failure.ts';
import type { HttpContext, HttpEnv } from './env.ts';
import { problem } from './problem.ts';
import { OPEN_RESOURCES } from './resources.ts';

/** The failure of a request for which there is no room. */
export const OVERLOADED: Failure = { code: 'overloaded', retryAfterSeconds: 1 };

/** Requests that renew, grant or end a lease: where they are late, work is lost. */
const URGENT = /^\/v1\/(?:heartbeats|jobs\/[^/]+\/lease)$/;

/**
 * Refuses a request for which there is no room, before anything is done for it. The room is given back when the
 * answer is sent, or when it is made where the runtime does not report that. Health checks are always answered.
 */
export const admit: MiddlewareHandler<HttpEnv> = async (c, next) => {
  if (Object.hasOwn(OPEN_RESOURCES, c.req.path)) return next();
  const urgent = URGENT.test(c.req.path) && c.req.method !== 'GET';
  if (c.env.intake === undefined) return next();
  const ticket = c.env.intake.enter({ urgent });
  if (ticket === null) return problem(c, OVERLOADED);
  c.set('ticket', ticket);
  try {
    await next();
  } finally {
    if (c.env.sent === undefined) ticket.leave();
    else void c.env.sent.finally(() => ticket.leave());
  }
};

/** Takes room for an answer, and says whether there was any. The answer to a change is sent in any case. */
export function takeRoomFor(c: HttpContext, answerBytes: number): boolean {
  const isRead = c.req.method === 'GET';
  return c.get('ticket')?.takeAnswer(answerBytes, !isRead) ?? true;
}
