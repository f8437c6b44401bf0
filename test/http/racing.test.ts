import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { runtime } from '../support/runtime.ts';
import { aState } from '../support/state.ts';

const RACERS = Array.from({ length: 32 }, (_, racer) => racer);
const JOB = '/v1/jobs/job-1';

async function openTwo() {
  const place = await runtime.makePlace();
  const left = openApp({ store: await place.open() });
  const right = openApp({ store: await place.open() });
  await left.create({ total_sheets: 32 });
  return { place, left, right, of: (racer: number) => (racer % 2 === 0 ? left : right) };
}

describe('two applications on one medium', () => {
  // Two processes that make the same bytes of the same version in the same millisecond both take what
  // is stored for their own write, and one update is lost.
  it('PUT loses none of 32 equal updates when the clock stands still', async () => {
    const { of, left } = await openTwo();
    const json = { status: 'in_progress' };
    const answers = await Promise.all(
      RACERS.map(racer => of(racer).ask('PUT', `${JOB}/sheets/1`, { json })),
    );
    expect(answers.filter(answer => answer.status !== 200)).toEqual([]);
    // Updates that share a save have one ETag, but each is an attempt of its own.
    const attempts = answers.map(answer => (answer.json as { attempt: number }).attempt);
    expect(attempts.toSorted((a, b) => a - b)).toEqual(RACERS.map(racer => racer + 1));
    expect((await left.ask('GET', JOB)).json).toMatchObject({
      sheets: { 1: { attempt_count: 32 } },
    });
  });

  it('PUT loses none of 32 updates of one sheet', async () => {
    const { of, left } = await openTwo();
    const answers = await Promise.all(
      RACERS.map(racer =>
        of(racer).ask('PUT', `${JOB}/sheets/1`, {
          json: { status: 'failed', error_type: 'transient', error_message: `racer ${racer}` },
        }),
      ),
    );
    expect(answers.filter(answer => answer.status !== 200)).toEqual([]);
    expect((await left.ask('GET', JOB)).json).toMatchObject({
      total_retry_count: 32,
      sheets: { 1: { error_history: { length: 32 } } },
    });
  });

  it('PUT loses none of 32 updates of as many sheets', async () => {
    const { of, right } = await openTwo();
    const json = { status: 'completed' };
    await Promise.all(
      RACERS.map(racer => of(racer).ask('PUT', `${JOB}/sheets/${racer + 1}`, { json })),
    );
    expect((await right.ask('GET', '/v1/jobs')).json).toMatchObject({
      jobs: [{ status: 'completed', progress: [32, 32], percent: 100 }],
    });
  });

  it('PUT with the same version has one winner', async () => {
    const { of, left, right, place } = await openTwo();
    const headers = { 'If-Match': (await left.ask('GET', JOB)).header('etag') ?? '' };
    const answers = await Promise.all(
      RACERS.map(racer =>
        of(racer).ask('PUT', JOB, { json: aState({ job_name: `racer ${racer}` }), headers }),
      ),
    );
    const winners = answers.filter(answer => answer.status === 200);
    expect(winners).toHaveLength(1);
    expect(answers.filter(answer => answer.status === 412)).toHaveLength(31);
    expect(await place.read('job-1.json')).toBe(winners[0]?.text);
    expect((await right.ask('GET', JOB)).text).toBe(winners[0]?.text);
  });

  it('DELETE and PUT with the same version have one winner in all', async () => {
    const { left, right } = await openTwo();
    const headers = { 'If-Match': (await left.ask('GET', JOB)).header('etag') ?? '' };
    const [removed, saved] = await Promise.all([
      left.ask('DELETE', JOB, { headers }),
      right.ask('PUT', JOB, { json: aState(), headers }),
    ]);
    expect([removed.status === 204, saved.status === 200].filter(Boolean)).toHaveLength(1);
  });

  it('GET sees at once what the other one wrote', async () => {
    const { left, right } = await openTwo();
    for (let round = 1; round <= 20; round += 1) {
      const updated = await left.ask('PUT', `${JOB}/sheets/1`, { json: { status: 'in_progress' } });
      const loaded = await right.ask('GET', JOB);
      expect(loaded.header('etag')).toBe(updated.header('etag'));
      expect(loaded.json).toMatchObject({ sheets: { 1: { attempt_count: round } } });
    }
  });
});
