import { expect, it } from 'vitest';
import { shareRuns } from '../../lib/base/share-runs.ts';

/** A task whose runs the test ends. */
function heldTask() {
  const runs: PromiseWithResolvers<void>[] = [];
  const task = () => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  };
  return { runs, task };
}

it('callers during a run share one that starts after it', async () => {
  const { runs, task } = heldTask();
  const run = shareRuns(task);
  const first = run();
  const [second, third] = [run(), run()];
  expect(runs).toHaveLength(1);
  runs[0]?.resolve();
  await first;
  await Promise.resolve();
  expect(runs).toHaveLength(2);
  runs[1]?.resolve();
  await Promise.all([second, third]);
  expect(runs).toHaveLength(2);
});

it('a run that fails rejects its own callers only', async () => {
  const { runs, task } = heldTask();
  const run = shareRuns(task);
  const first = run();
  const second = run();
  runs[0]?.reject(new Error('The disk is full'));
  await expect(first).rejects.toThrow('The disk is full');
  await Promise.resolve();
  runs[1]?.resolve();
  await expect(second).resolves.toBeUndefined();
});

it('a caller after a run starts another one at once', async () => {
  const { runs, task } = heldTask();
  const run = shareRuns(task);
  const first = run();
  runs[0]?.resolve();
  await first;
  void run();
  expect(runs).toHaveLength(2);
});
