import { runWorker } from '../../../lib/worker.ts';

/*
 * A worker in a process of its own. It ends a sheet when its parent says so, and tells which one it has begun, and when its
 * presence stream has its job.
 */

const [url = '', holder = ''] = process.argv.slice(2);
process.once('disconnect', () => process.exit(1));

let finish = (): void => {};
process.on('message', () => finish());

await runWorker({
  url,
  holder,
  onEvent(event) {
    if (event.type === 'presence' && event.isOpen) process.send?.({ isPresent: true });
  },
  async onSheet(context) {
    const { sheet } = context;
    context.progress({ step: `sheet ${sheet}` });
    await new Promise<void>(resolve => {
      finish = resolve;
      process.send?.({ sheet });
    });
    return { stdout: `sheet ${sheet} is done\n` };
  },
});
