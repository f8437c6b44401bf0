import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpContext, Services } from '../../http/env.ts';
import { logError } from '../../http/request-log.ts';
import type { Answer } from '../../http/response.ts';
import { answerBy } from '../../plain/answer.ts';
import { findPlainRoute, type PlainRoute } from '../../plain/plain-routes.ts';
import { answerAndDrain, DRAIN_LIMITS, type WholeAnswer } from '../drain.ts';
import { limitSilence, whenGone } from '../sent.ts';
import { createPlainContext, type PlainRequest } from './plain-context.ts';
import { plainHostOf } from './plain-head.ts';
import { send } from './send.ts';

/** Answers a request if it is a plain one, and says whether it is. */
export type PlainListener = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

/**
 * Answers the requests that come most often without hono and its adapter, which take several times as long as the
 * rules. Checks, handlers, room, counts and log lines are those of the application; everything unusual is left to it.
 */
export function createPlainListener(services: Services): PlainListener {
  // The room of a request is given back here, and no plain route looks at its connection.
  const env: Services = { ...services, whenSent: () => {} };
  return (incoming, outgoing) => {
    const { method = '', url: path = '' } = incoming;
    const route = findPlainRoute(method, path);
    if (route === null) return false;
    const host = plainHostOf(incoming, route);
    if (host === null) return false;
    const request = { incoming, outgoing, method, host, path };
    void answerPlain(createPlainContext(env, request), route, request);
    return true;
  };
}

/** Answers a request, and gives its room back when the response is gone. Never rejects. */
async function answerPlain(
  c: HttpContext,
  route: PlainRoute,
  { incoming, outgoing }: PlainRequest,
): Promise<void> {
  const leave = (): void => c.get('ticket')?.leave();
  try {
    const answer = await answerBy(route, c);
    if (route.hasBody && !incoming.complete && !incoming.destroyed) {
      whenGone(outgoing, leave);
      outgoing.once('prefinish', () => limitSilence(outgoing));
      await answerAndDrain(wholeAnswer(answer), { incoming, outgoing, limits: DRAIN_LIMITS });
      return;
    }
    send(wholeAnswer(answer), outgoing);
    if (limitSilence(outgoing)) leave();
    else whenGone(outgoing, leave);
  } catch (error) {
    logError(c, error instanceof Error ? error : new Error(String(error)));
    outgoing.destroy();
    leave();
  }
}

function wholeAnswer({ status, headers, body }: Answer): WholeAnswer {
  if (body instanceof ReadableStream) throw new TypeError('A stream is no plain answer');
  return { status, headers, body };
}
