import { parseArgs } from 'node:util';
import { runWorker } from '../../lib/worker.ts';

/*
 * A worker in a process of its own. It prints each sheet that it begins and each event. With `--hang` its sheets never
 * end. `--urls` are those of several services: a request goes to the first that listens, as behind a load balancer.
 */

const { values } = parseArgs({
  options: {
    urls: { type: 'string', default: '' },
    holder: { type: 'string', default: 'w' },
    grace: { type: 'string', default: '2' },
    hang: { type: 'boolean', default: false },
  },
});
const urls = values.urls.split(',');
const [first = ''] = urls;

await runWorker({
  url: first,
  holder: values.holder,
  pollSeconds: 0.2,
  presenceGraceSeconds: Number(values.grace),
  fetch: balanced,
  async onSheet({ sheet, signal }) {
    process.stdout.write(
      `${JSON.stringify({ type: 'began', sheet, at: performance.timeOrigin + performance.now() })}\n`,
    );
    if (!values.hang) return;
    await new Promise(resolve => signal.addEventListener('abort', resolve));
  },
  onEvent: event => process.stdout.write(`${JSON.stringify(event)}\n`),
});

/** A body that was sent cannot be sent again, so it is read first. */
async function balanced(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const { method, headers, signal } = request;
  const body = method === 'GET' ? null : await request.text();
  let failure: unknown = null;
  for (const url of urls) {
    try {
      return await fetch(`${url}${pathname}`, {
        method,
        headers,
        body: body === '' ? null : body,
        signal,
      });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}
