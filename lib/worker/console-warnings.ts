import type { WorkerEvent } from './worker-event.ts';

/** What a worker without `onEvent` says on stderr: that it cannot reach its service, and that it can again. */
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

/** The errors of the client say what caused them. */
function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 1000);
}
