import type { HttpContext } from '../http/env.ts';
import type { Answer } from '../http/response.ts';
import { refusalBy } from '../serving/guard.ts';
import { errorAnswer, serve } from '../serving/serve.ts';
import type { PlainRoute } from './plain-routes.ts';

/** The answer to a request of this route: with the checks, the room, the count and the log line of the application. */
export function answerBy(route: PlainRoute, c: HttpContext): Promise<Answer> {
  return serve(c, { run: () => handledBy(route, c), refused: asItIs });
}

async function handledBy({ guard, handle }: PlainRoute, c: HttpContext): Promise<Answer> {
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

function asItIs(answer: Answer): Answer {
  return answer;
}
