import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const running = new Set<ChildProcess>();

// Whatever ends the demo ends its processes.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Sees to it that a process does not outlive the demo. Settles when it has ended. */
export async function follow(child: ChildProcess): Promise<void> {
  running.add(child);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  running.delete(child);
}
