import type { WorkerEvent } from './worker-event.ts';

/** The default of `onEvent`: warns on stderr when the service is unreachable, and when it is reachable again. */
export function warnOnConsole(event: WorkerEvent): void {
  if (event.type === 'unreachable') {
    const { url, failures, forMs, error } = event;
    const tries = `${failures} tries in ${seconds(forMs)} s`;
    console.warn(`dalsegno: no answer from the service at ${url}, ${tries}: ${textOf(error)}`);
  }
  if (event.type === 'reachable') {
    const { url, afterMs } = event;
    console.warn(`dalsegno: the service at ${url} answers again, after ${seconds(afterMs)} s`);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}
