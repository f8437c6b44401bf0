/** Of this thread so far, in milliseconds. 0 where a runtime does not say it. */
export function cpuMs(): number {
  const { process } = globalThis;
  if (typeof process?.threadCpuUsage !== 'function') return 0;
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The processor time of some work, in milliseconds. */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = cpuMs();
  await work();
  return cpuMs() - before;
}
