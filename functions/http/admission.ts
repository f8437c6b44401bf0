import type { MiddlewareHandler } from 'hono';
import type { Failure } from '../../lib/failure.ts';
import type { HttpContext, HttpEnv } from './env.ts';
import { problem } from './problem.ts';
import { OPEN_RESOURCES } from './resources.ts';

/** The answer to a request for which there is no room. */
export const OVERLOADED: Failure = { code: 'overloaded', retryAfterSeconds: 1 };

/** Those that keep a lease, or end it: where they are late, work is lost. */
const URGENT = /^\/v1\/(?:heartbeats|jobs\/[^/]+\/lease)$/;

/**
 * Lets requests in for which there is room, before anything is done for them. The ticket is given back when the
 * answer is made, or where the runtime tells, when it has left. Questions after health are always answered.
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

/** Whether there is room for an answer of so many bytes. What a change is answered with is sent in any case. */
export function hasRoomFor(c: HttpContext, answerBytes: number): boolean {
  const isRead = c.req.method === 'GET';
  return c.get('ticket')?.takeAnswer(answerBytes, !isRead) ?? true;
}
