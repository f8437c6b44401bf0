import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpContext, Services } from '../../http/env.ts';
import { logError } from '../../http/request-log.ts';
import type { Answer } from '../../http/response.ts';
import { refusalBy } from '../../serving/guard.ts';
import { errorAnswer, serve } from '../../serving/serve.ts';
import { limitSilence, whenGone } from '../sent.ts';
import { createPlainContext, type PlainRequest } from './plain-context.ts';
import { plainHostOf } from './plain-head.ts';
import { findPlainRoute, type PlainRoute } from './plain-routes.ts';
import { send } from './send.ts';

/** Answers a request if it is a plain one, and says whether it is. */
export type PlainListener = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

/**
 * Answers the requests that come most often without hono and its adapter, which take several times as long as the
 * rules. Checks, handlers, room, counts and log lines are those of the application; everything unusual is left to it.
 */
export function createPlainListener(services: Services): PlainListener {
  return (incoming, outgoing) => {
    const { method = '', url: path = '' } = incoming;
    const route = findPlainRoute(method, path);
    if (route === null) return false;
    const host = plainHostOf(incoming);
    if (host === null) return false;
    void answerPlain(services, route, { incoming, outgoing, method, host, path });
    return true;
  };
}

/** Answers a request, and gives its room back when the response is gone. Never rejects. */
async function answerPlain(
  services: Services,
  route: PlainRoute,
  request: PlainRequest,
): Promise<void> {
  const { outgoing } = request;
  let leave = (): void => {};
  const whenSent = (call: () => void): void => {
    leave = call;
  };
  const env = { ...services, whenSent, connection: outgoing.socket };
  const c = createPlainContext(env, request);
  try {
    send(await serve(c, { run: () => answerOf(c, route), refused: asItIs }), outgoing);
    if (limitSilence(outgoing)) leave();
    else whenGone(outgoing, leave);
  } catch (error) {
    logError(c, error instanceof Error ? error : new Error(String(error)));
    outgoing.destroy();
    leave();
  }
}

function asItIs(answer: Answer): Answer {
  return answer;
}

async function answerOf(c: HttpContext, { guard, handle }: PlainRoute): Promise<Answer> {
  try {
    const checked = refusalBy(guard, c);
    // To await a value that is already there would still cost a microtask.
    const refusal = checked instanceof Promise ? await checked : checked;
    return refusal ?? (await handle(c));
  } catch (error) {
    if (error instanceof Error) return errorAnswer(c, error);
    throw error;
  }
}
