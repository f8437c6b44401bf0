import type { JobState } from '../../lib/worker.ts';
import { KEPT_BYTES, outputOf, SHEETS } from './plan.ts';

/** What is wrong with a job after the soak, null where nothing is. */
export function faultOf(jobId: string, state: JobState): string | null {
  if (state.status !== 'completed') return `${jobId} is ${state.status}: ${state.error_message}`;
  for (let sheet = 1; sheet <= SHEETS; sheet++) {
    const { status, stdout_tail: tail } = state.sheets[String(sheet)] ?? {};
    if (status !== 'completed') return `${jobId}: sheet ${sheet} is ${status}`;
    // The outputs are ASCII: bytes are characters.
    if (tail !== outputOf(jobId, sheet).slice(-KEPT_BYTES))
      return `${jobId}: the output of sheet ${sheet} is not what its worker sent`;
  }
  return null;
}
