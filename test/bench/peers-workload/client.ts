import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Done, type Work } from './work.ts';

export type Measured = Exclude<Done, { failed: string }>;

/** Who asks the service, in a process of its own. */
export interface WorkClient {
  does(work: Work): Promise<Measured>;
  close(): void;
}

export function startClient(): WorkClient {
  const child = fork(new URL('./client-process.ts', import.meta.url));
  const gone = once(child, 'exit').then(([code]): never => {
    throw new Error(`The client ended with ${String(code)}`);
  });
  // Looked at where something is awaited.
  gone.catch(() => undefined);
  return {
    async does(work) {
      const answer = once(child, 'message');
      child.send(work);
      const done = Done.parse((await Promise.race([answer, gone]))[0]);
      if ('failed' in done) throw new Error(`The workload was refused: ${done.failed}`);
      return done;
    },
    close: () => child.disconnect(),
  };
}
