import { fork } from 'node:child_process';
import { Tally } from './second.ts';
import type { Work } from './work.ts';

/** The process that makes the calls. */
export interface Load {
  /** Rejects if the load could not be made. `onSecond` gets what each second came to. */
  run(work: Work, onSecond: (tally: Tally) => void): Promise<void>;
  close(): void;
}

export function startLoad(): Load {
  const child = fork(new URL('./load-process.ts', import.meta.url));
  let current: { settle: PromiseWithResolvers<void>; onSecond: (tally: Tally) => void } | null =
    null;

  child.on('message', message => {
    const read = Tally.safeParse(message);
    if (read.success) return current?.onSecond(read.data);
    if (message === 'done') return current?.settle.resolve();
    current?.settle.reject(new Error(JSON.stringify(message)));
  });
  child.on('exit', code => {
    current?.settle.reject(new Error(`The load process ended with ${String(code)}`));
  });

  return {
    run(work, onSecond) {
      current = { settle: Promise.withResolvers(), onSecond };
      child.send(work);
      return current.settle.promise;
    },
    close: () => child.disconnect(),
  };
}
