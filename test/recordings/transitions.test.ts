import { describe, expect, it } from 'vitest';
import { type Step, transitions, withoutUpdatedAt } from './recording.ts';
import { openStateFolder, type StateFolder } from './state-folder.ts';

const cases = transitions.map((transition, index) => ({ transition, number: index + 1 }));

describe('a run of transitions that the reference made', () => {
  it.each(cases)('number $number: ends in the same file', async ({ transition }) => {
    const folder = await openStateFolder();
    await folder.write('case.json', transition.initial);
    const answers: unknown[] = [];
    for (const step of transition.steps) answers.push(await take(folder, step));

    expect(answers).toMatchObject(transition.steps.map(expectedAnswer));
    expect(withoutUpdatedAt(await folder.read('case.json'))).toBe(
      withoutUpdatedAt(transition.final),
    );
    expect(await nextSheet(folder)).toMatchObject({
      next_sheet: transition.next_sheet,
      exists: true,
    });
    const list = await folder.request('GET', '/v1/jobs');
    const { jobs } = await list.json();
    expect(jobs[0].progress).toEqual(transition.progress);
    expect(jobs[0].percent).toBe(transition.percent);
  });
});

async function take(folder: StateFolder, step: Step): Promise<unknown> {
  if (step.op === 'next_sheet') return nextSheet(folder);
  const body = JSON.stringify({ status: step.status, error_message: step.error_message });
  const updated = await folder.request('PUT', `/v1/jobs/case/sheets/${step.sheet}`, { body });
  return updated.json();
}

function expectedAnswer(step: Step): unknown {
  if (step.op === 'next_sheet') return { next_sheet: step.result, exists: true };
  return { job_id: 'case', sheet: step.sheet };
}

async function nextSheet(folder: StateFolder): Promise<unknown> {
  const response = await folder.request('GET', '/v1/jobs/case/next-sheet');
  return response.json();
}
