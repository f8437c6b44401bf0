/**
 * Shares the runs of a task among concurrent callers. A run covers only what was there before its start. So a caller
 * that arrives while one runs gets the next one, together with all callers that arrive until that one starts. A run
 * that fails rejects its own callers only.
 */
export function shareRuns(task: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  function run(): Promise<void> {
    if (running === null) {
      running = task().finally(() => {
        running = null;
      });
      return running;
    }
    next ??= running
      .catch(() => {})
      .then(() => {
        next = null;
        return run();
      });
    return next;
  }

  return run;
}
