import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

export interface SteppingWorker {
  /** Settles when the worker has begun its next sheet. */
  begun(): Promise<number>;
  /** Lets it complete the sheet that it has begun, and settles when it has begun the next one. */
  step(): Promise<number>;
  /** At once, with nothing put in order. */
  kill(): Promise<void>;
}

/** Starts the worker. It is killed after the test. */
export function startSteppingWorker(url: string, holder: string): SteppingWorker {
  const child: ChildProcess = fork(new URL('stepping-worker.ts', import.meta.url), [url, holder], {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
  });
  const exit = once(child, 'exit');
  onTestFinished(() => void child.kill('SIGKILL'));

  async function begun(): Promise<number> {
    const [message] = (await once(child, 'message')) as [{ sheet: number }];
    return message.sheet;
  }

  return {
    begun,
    step() {
      const next = begun();
      child.send('go on');
      return next;
    },
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}
