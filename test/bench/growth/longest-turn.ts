/**
 * The longest turn of the event loop while the work is done, in milliseconds of processor time of this thread: for so
 * long nobody else could be answered. Time in which the thread did not run does not count.
 */
export async function longestTurnMs(work: () => Promise<unknown>): Promise<number> {
  let longestMicros = 0;
  let isDone = false;
  let lastMicros = threadMicros();
  function turn(): void {
    const micros = threadMicros();
    longestMicros = Math.max(longestMicros, micros - lastMicros);
    lastMicros = micros;
    if (!isDone) setImmediate(turn);
  }
  setImmediate(turn);
  await work();
  isDone = true;
  // The work may have ended in a long turn of its own.
  turn();
  return longestMicros / 1000;
}

function threadMicros(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
