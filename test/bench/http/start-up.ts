import { cpuMicrosOf, residentBytesOf } from '../measure/process-usage.ts';
import type { Sample } from '../measure/sample.ts';
import { startService } from './server-process.ts';

export interface StartUp extends Sample {
  /** Of the service when the first page was there; null where nothing tells it. */
  readonly residentBytes: number | null;
}

/** From the start of a service process until its first page of jobs is there. */
export async function startUpSample(stateDir: string, logFile: string): Promise<StartUp> {
  const startedAt = performance.now();
  const service = await startService(stateDir, logFile);
  try {
    const page = await fetch(`http://127.0.0.1:${service.port}/v1/jobs?limit=50`);
    await page.arrayBuffer();
    const elapsedMs = performance.now() - startedAt;
    if (!page.ok) throw new Error(`The first page was a ${page.status}`);
    return {
      perSecond: 1000 / elapsedMs,
      cpuMicros: cpuMicrosOf(service.pid),
      clientCpuMicros: null,
      residentBytes: residentBytesOf(service.pid),
    };
  } finally {
    await service.stop();
  }
}
