import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { nextSheet } from '../checkpoint/progress.ts';
import { entryAt } from '../schema/dictionary.ts';
import { integerText, toBigInt } from '../schema/integer.ts';
import type { Explanation } from './evidence.ts';
import { messageEvidence, sheetEvidence } from './evidence.ts';

/** Of a job that nobody runs and no claim gets. */
export function resting(state: CheckpointState): Explanation {
  const nothingLeft = nextSheet(state) === null;
  const passed = nothingLeft ? sheetsPassedBy(state) : [];
  if (passed.length > 0) return strandedBy(state, passed);
  return {
    summary: nothingLeft
      ? `It is ${state.status}, and no sheet is left to run`
      : `It is ${state.status} and waits for an operator`,
    evidence: [
      'Nobody holds it',
      nothingLeft
        ? 'Every sheet is completed or skipped, but not every one completed'
        : 'It is not marked as claimable: it was paused on request, or another program wrote it',
      sheetEvidence(state),
      ...messageEvidence(state),
    ],
    since: state.updated_at,
    next: 'Nothing: no claim gets it',
    safe: nothingLeft
      ? ['Save it as completed, or POST cancel']
      : ['POST resume makes it claimable', 'Acquire it by its id', 'POST cancel gives it up'],
  };
}

function strandedBy(state: CheckpointState, passed: readonly string[]): Explanation {
  return {
    summary: `It is ${state.status}, and no sheet comes next, though not all are completed`,
    evidence: [
      'Nobody holds it',
      `Sheets before the last completed one (${integerText(state.last_completed_sheet)}) are not completed: ${passed.join(', ')}`,
      sheetEvidence(state),
      ...messageEvidence(state),
    ],
    since: state.updated_at,
    next: 'Nothing: what comes next is looked for behind the last completed sheet',
    safe: [
      'To run them: save the state with last_completed_sheet set before the first of them, then POST resume',
      'To leave them: mark them as skipped, then save the job as completed',
    ],
  };
}

const MOST_SHEETS_NAMED = 10;

/** Sheets that were neither completed nor skipped, and that no next sheet leads to any more. */
function sheetsPassedBy(state: CheckpointState): string[] {
  const passed: string[] = [];
  const last = toBigInt(state.last_completed_sheet);
  for (let sheet = 1n; sheet < last && passed.length < MOST_SHEETS_NAMED; sheet++) {
    const status = entryAt(state.sheets, String(sheet))?.status ?? 'pending';
    if (status !== 'completed' && status !== 'skipped') passed.push(String(sheet));
  }
  return passed;
}
