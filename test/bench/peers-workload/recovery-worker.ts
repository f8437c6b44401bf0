import { runWorker } from '../../../lib/worker.ts';

/* A worker that tells its parent when it comes to the second sheet of the job. With `stay` it stays there. */

const [url = '', jobName = '', poll = '', mode = ''] = process.argv.slice(2);

process.on('disconnect', () => process.exit());
await runWorker({
  url,
  jobName,
  holder: 'bench',
  ttlSeconds: 5,
  ...(poll === '' ? {} : { pollSeconds: Number(poll) }),
  handleSignals: false,
  async onSheet({ sheet }) {
    if (sheet !== 2) return;
    process.send?.('second');
    if (mode === 'stay') await new Promise(() => undefined);
  },
});
