import type { SweepLeader } from './leader.ts';

/** Waits so long, or until the signal; settles in either case. */
export type SweepWait = (milliseconds: number, signal: AbortSignal) => Promise<void>;

export interface Leading {
  /** Settles when this process has looked once, or could not reach the store. Never rejects. */
  readonly looked: Promise<void>;
  /** Another process may take over at once. Settles when the store knows it, or cannot be reached. */
  stop(): Promise<void>;
}

/** Looks at once who leads, and then at intervals. Two looks never overlap. */
export function startLeading(
  leader: Pick<SweepLeader, 'step' | 'delayMs' | 'resign'>,
  wait: SweepWait,
): Leading {
  const stopping = new AbortController();
  const looked = leader.step();

  async function run(): Promise<void> {
    await looked;
    while (!stopping.signal.aborted) {
      await wait(leader.delayMs(), stopping.signal);
      if (!stopping.signal.aborted) await leader.step();
    }
  }

  const running = run();
  return {
    looked,
    async stop() {
      stopping.abort();
      await running;
      await leader.resign();
    },
  };
}
