import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

export interface SteppingWorker {
  /** Settles when the worker has begun its next sheet. */
  begun(): Promise<number>;
  /** Lets it complete the sheet that it has begun, and settles when it has begun the next one. */
  step(): Promise<number>;
  /** Settles when its presence stream has its job: from then on its connection tells that it lives. */
  readonly present: Promise<void>;
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

  /** Settles with the next message that says this. */
  async function next(name: 'sheet' | 'isPresent'): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const look = (message: object): void => {
      if (name in message) resolve(Reflect.get(message, name));
    };
    child.on('message', look);
    void exit.then(() => reject(new Error('The worker has ended')));
    try {
      return await promise;
    } finally {
      child.off('message', look);
    }
  }

  const begun = async (): Promise<number> => Number(await next('sheet'));
  const present = next('isPresent').then(() => undefined);
  // A test that does not wait for it may kill the worker before.
  present.catch(() => {});

  return {
    begun,
    present,
    step() {
      const following = begun();
      child.send('go on');
      return following;
    },
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}
