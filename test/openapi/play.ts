import { familyText } from '../../functions/metrics/text.ts';
import type { Example } from '../../functions/openapi/examples/example.ts';
import type { Metrics } from '../../functions/services/metrics.ts';
import { openPresenceService, type PresenceService } from '../presence/harness.ts';
import { initOf } from '../support/app.ts';
import { earlierOf } from './earlier.ts';
import type { Call, Step } from './session.ts';

const PING_MS = 4000;

/** What a process would count; the figures of a real one are never the same. */
const METRICS: Metrics = {
  observeRequest: () => undefined,
  text: async () =>
    familyText({
      name: 'dalsegno_claims_waiting',
      help: 'Claims that wait for a job.',
      type: 'gauge',
      samples: [{ value: 1 }],
    }),
};

/** Makes the calls of a session one after the other, on a service of their own, and returns them with their answers. */
export async function play(steps: readonly Step[]): Promise<readonly Example[]> {
  const service = openPresenceService({ services: { metrics: METRICS } });
  const answered = new Map<string, Example['answer']>();
  const played: (() => Example)[] = [];
  for (const [index, step] of steps.entries()) {
    const { operation, name, summary } = step;
    const call = step.request(earlierOf(answered));
    const answer = await answerTo(service, call, index);
    const example = (): Example => ({
      operation,
      name,
      summary,
      request: { headers: {}, ...call },
      answer: answer(),
    });
    answered.set(`${operation}.${name}`, answer());
    played.push(example);
    await service.pass(1000);
  }
  await service.pass(PING_MS);
  await service.stop();
  await service.pass(0);
  // A stream has its last event now.
  return played.map(example => example());
}

/** The answer so far: that of a stream grows. */
async function answerTo(
  service: PresenceService,
  { method, path, headers = {}, body }: Call,
  index: number,
): Promise<() => Example['answer']> {
  const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const init = initOf(method, { json: body, headers: { 'X-Request-Id': id, ...headers } });
  const response = await service.fetch(new Request(`http://localhost${path}`, init));
  const shown = { status: response.status, headers: Object.fromEntries(response.headers) };
  const type = response.headers.get('content-type');
  if (type === 'text/event-stream') {
    const text = collect(response);
    await service.pass(PING_MS);
    return () => ({ ...shown, body: text() });
  }
  const text = await response.text();
  if (text === '') return () => shown;
  const read: unknown = type?.endsWith('json') === true ? JSON.parse(text) : text;
  return () => ({ ...shown, body: read });
}

/** Reads a stream to its end. The text is what has come so far. */
function collect(response: Response): () => string {
  let text = '';
  async function read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk);
  }
  void read();
  return () => text;
}
