import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from '../../../lib/worker.ts';

const LONGEST_WAIT_MS = 30_000;
/** The second worker has polled in vain for some time when the first one dies, in no step with it. */
const SETTLED_MS = 2000;

let times = 0;

/**
 * The seconds from the SIGKILL of a worker in its second sheet to that sheet running in another worker. The shortest
 * ttl of the workers is 5 s; `pollSeconds` is theirs by default where it is null.
 */
export async function recoverySeconds(port: number, pollSeconds: number | null): Promise<number> {
  const url = `http://127.0.0.1:${port}`;
  const name = `recovery-${process.pid}-${times++}`;
  const poll = pollSeconds === null ? '' : String(pollSeconds);
  const started: ChildProcess[] = [];
  const start = (mode: 'stay' | 'go on') => {
    const entry = new URL('./recovery-worker.ts', import.meta.url);
    const child = fork(entry, [url, name, poll, mode]);
    started.push(child);
    return child;
  };
  const signal = AbortSignal.timeout(LONGEST_WAIT_MS);
  try {
    await createClient({ url }).create({ job_id: name, job_name: name, total_sheets: 3 });
    const first = start('stay');
    await once(first, 'message', { signal });
    const second = start('go on');
    await wait(SETTLED_MS * (1 + Math.random()));
    const reached = once(second, 'message', { signal });
    const killedAt = performance.now();
    first.kill('SIGKILL');
    await reached;
    return (performance.now() - killedAt) / 1000;
  } finally {
    for (const child of started) child.kill('SIGKILL');
  }
}
