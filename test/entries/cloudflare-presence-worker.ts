import { once } from 'node:events';
import { runWorker } from '../../lib/worker.ts';

/** A worker of another process: its sheet never ends. It says when its stream is open. */
const [url = '', token = ''] = process.argv.slice(2);

await runWorker({
  url,
  token,
  holder: 'killed',
  ttlSeconds: 600,
  onEvent(event) {
    if (event.type === 'presence') process.send?.(event);
  },
  async onSheet({ signal }) {
    await once(signal, 'abort');
  },
});
