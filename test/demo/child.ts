import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const running = new Map<ChildProcess, Kill>();

type Kill = (signal: NodeJS.Signals) => void;

// Whatever ends the demo ends its processes.
process.once('exit', () => {
  for (const kill of running.values()) kill('SIGKILL');
});

/** Sees to it that a process, and what `kill` ends with it, does not outlive the demo. Settles when it has ended. */
export async function follow(
  child: ChildProcess,
  kill: Kill = signal => void child.kill(signal),
): Promise<void> {
  running.set(child, kill);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  running.delete(child);
}
