import type { Clock } from '../../lib/clock.ts';
import type { Fetch } from '../../lib/worker.ts';

/** A service that grants and creates the same to the same `Idempotency-Key`, and tells the time of the repeat. */
export function keyedAnswers(service: Fetch, clock: Clock): Fetch {
  const answers = new Map<string, Response>();
  return async request => {
    const key = request.headers.get('Idempotency-Key');
    const known = key === null ? undefined : answers.get(key);
    if (known !== undefined) return retold(known.clone(), clock);
    const answer = await service(request);
    if (key !== null && answer.status === 201) answers.set(key, answer.clone());
    return answer;
  };
}

async function retold(answer: Response, clock: Clock): Promise<Response> {
  const text = await answer.text();
  const now = `"server_time":${JSON.stringify(clock.now())}`;
  const { status, headers } = answer;
  return new Response(text.replace(/"server_time":"[^"]*"/, now), { status, headers });
}
