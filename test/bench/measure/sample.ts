import { cpuMicrosOf } from './process-usage.ts';

/** What one contender did in one round. */
export interface Sample {
  readonly perSecond: number;
  /** Processor time of what is measured, for one time, in microseconds. Null where nothing tells it. */
  readonly cpuMicros: number | null;
  /** That of the process that asks, where it is another one. What it spends on waiting does not count. */
  readonly clientCpuMicros: number | null;
}

/** How often a task is done when `lanes` of them run side by side, in this process. */
export async function sampleOf(
  task: (lane: number) => unknown,
  { millis, lanes = 1 }: { readonly millis: number; readonly lanes?: number },
): Promise<Sample> {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  let done = 0;
  async function keepOn(lane: number): Promise<void> {
    do {
      await task(lane);
      done += 1;
    } while (performance.now() - startedAt < millis);
  }
  await Promise.all(Array.from({ length: lanes }, (_, lane) => keepOn(lane)));
  return ownSample(done, performance.now() - startedAt, microsSince(before));
}

/** As `sampleOf`, where each task needs a preparation that does not count. */
export async function sampleAfter(
  prepare: () => unknown,
  task: () => unknown,
  millis: number,
): Promise<Sample> {
  let done = 0;
  let spentMs = 0;
  let cpuMicros = 0;
  const startedAt = performance.now();
  do {
    await prepare();
    const before = process.cpuUsage();
    const taskAt = performance.now();
    await task();
    spentMs += performance.now() - taskAt;
    cpuMicros += microsSince(before);
    done += 1;
  } while (performance.now() - startedAt < millis);
  return ownSample(done, spentMs, cpuMicros);
}

/** As `sampleOf`, of a task that is done once. */
export function sampleOnce(task: () => unknown): Promise<Sample> {
  return sampleAfter(() => undefined, task, 0);
}

/** What is asked of another process, with the processor time of that one. */
export async function sampleOfProcess(pid: number, ask: () => Promise<Asked>): Promise<Sample> {
  const before = cpuMicrosOf(pid);
  const { done, elapsedMs, busyMicros } = await ask();
  const after = cpuMicrosOf(pid);
  return {
    perSecond: (done * 1000) / elapsedMs,
    cpuMicros: before === null || after === null ? null : (after - before) / done,
    clientCpuMicros: busyMicros / done,
  };
}

/** For one of the so many things that each request of the sample did. */
export function eachOf(count: number, { perSecond, cpuMicros, clientCpuMicros }: Sample): Sample {
  return {
    perSecond: perSecond * count,
    cpuMicros: cpuMicros === null ? null : cpuMicros / count,
    clientCpuMicros: clientCpuMicros === null ? null : clientCpuMicros / count,
  };
}

/** What a client has done, and what it took. */
export interface Asked {
  readonly done: number;
  readonly elapsedMs: number;
  readonly busyMicros: number;
}

function ownSample(done: number, elapsedMs: number, cpuMicros: number): Sample {
  return {
    perSecond: (done * 1000) / elapsedMs,
    cpuMicros: cpuMicros / done,
    clientCpuMicros: null,
  };
}

function microsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
