import { createHttpWork } from './http-work.ts';
import { type Done, Work } from './work.ts';
import { doByWorker } from './worker-work.ts';

/* The process that asks, so that asking takes no time from what is measured. */

const http = createHttpWork();

process.on('message', message => {
  void answer(Work.parse(message));
});

async function answer(work: Work): Promise<void> {
  let done: Done;
  try {
    done = await measure(work);
  } catch (error) {
    done = { failed: String(error) };
  }
  process.send?.(done);
}

async function measure(work: Work): Promise<Done> {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const doneAt = await (work.by === 'worker' ? doByWorker(work) : doByHttp(work));
  const seconds = (doneAt - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpuMicros: user + system };
}

async function doByHttp(work: Work): Promise<number> {
  await http.does(work);
  return performance.now();
}
