import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { nextSheet } from '../checkpoint/progress.ts';
import { entryAt } from '../schema/dictionary.ts';
import { integerText, toBigInt } from '../schema/integer.ts';
import type { Explanation } from './evidence.ts';
import { messageEvidence, sheetEvidence } from './evidence.ts';

/** Explains a job that is neither leased nor claimable. */
export function explainResting(state: CheckpointState): Explanation {
  const nothingLeft = nextSheet(state) === null;
  const passed = nothingLeft ? sheetsPassedBy(state) : [];
  if (passed.length > 0) return explainStranded(state, passed);
  return {
    summary: nothingLeft
      ? `The job is ${state.status}, and no sheet is left to run`
      : `The job is ${state.status} and waits for an operator`,
    evidence: [
      'The job is not leased',
      nothingLeft
        ? 'Every sheet is completed or skipped, but at least one is skipped'
        : 'The job is not in the queue for claims: it was paused on request, or another program wrote it',
      sheetEvidence(state),
      ...messageEvidence(state),
    ],
    since: state.updated_at,
    next: 'Nothing: no claim gets the job',
    safe: nothingLeft
      ? ['PUT the state with the status completed, or POST cancel']
      : [
          'POST resume to make the job claimable',
          'Acquire the job by its id',
          'POST cancel to give the job up',
        ],
  };
}

function explainStranded(state: CheckpointState, passed: readonly string[]): Explanation {
  return {
    summary: `The job is ${state.status}. No sheet is next, but not all sheets are completed`,
    evidence: [
      'The job is not leased',
      `Sheets before the last completed one (${integerText(state.last_completed_sheet)}) are not completed: ${passed.join(', ')}`,
      sheetEvidence(state),
      ...messageEvidence(state),
    ],
    since: state.updated_at,
    next: 'Nothing: the next sheet is always one after the last completed sheet',
    safe: [
      'To run these sheets: PUT the state with last_completed_sheet set before the first of them, then POST resume',
      'To leave them out: update them to skipped, then PUT the state with the status completed',
    ],
  };
}

const MOST_SHEETS_NAMED = 10;

/** Sheets before the last completed one that are neither completed nor skipped: they are never next again. */
function sheetsPassedBy(state: CheckpointState): string[] {
  const passed: string[] = [];
  const last = toBigInt(state.last_completed_sheet);
  for (let sheet = 1n; sheet < last && passed.length < MOST_SHEETS_NAMED; sheet++) {
    const status = entryAt(state.sheets, String(sheet))?.status ?? 'pending';
    if (status !== 'completed' && status !== 'skipped') passed.push(String(sheet));
  }
  return passed;
}
