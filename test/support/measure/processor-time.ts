const HAS_CPU_TIME = globalThis.navigator?.userAgent !== 'Cloudflare-Workers';

/** Of this thread so far, in milliseconds. 0 in workerd, which does not say it. */
export function cpuMs(): number {
  if (!HAS_CPU_TIME) return 0;
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The processor time of some work, in milliseconds. */
export async function cpuMsOf(work: () => unknown): Promise<number> {
  const before = cpuMs();
  await work();
  return cpuMs() - before;
}
