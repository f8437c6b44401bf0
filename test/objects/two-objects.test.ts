import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { alternating, clientOf, createJob } from './client.ts';
import { controls, counts, resetControls } from './controlled-bucket.ts';
import { running } from './main.ts';

const SHEETS = 60;

beforeEach(() => {
  vi.spyOn(console, 'info').mockReturnValue();
});
afterEach(resetControls);

it('two objects of one job, and the Worker, lose no update that they acknowledge', async () => {
  const { path } = await createJob(SHEETS);
  const objects = clientOf(alternating(2));
  const worker = clientOf(null);
  const before = running.length;
  const answers = await Promise.all(
    Array.from({ length: SHEETS }, (_, index) => {
      const client = index % 10 === 9 ? worker : objects;
      return client.ask('PUT', `${path}/sheets/${index + 1}`, { json: { status: 'completed' } });
    }),
  );
  expect(running.length).toBe(before + 2);
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect((await worker.ask('GET', path)).json).toMatchObject({ last_completed_sheet: SHEETS });
});

it('two objects of one job share the rate of its bucket', async () => {
  const { path } = await createJob(SHEETS);
  const objects = clientOf(alternating(2));
  resetControls();
  controls.everyMs = 1_000;
  // The first puts of both objects come at the same moment, however busy the machine is.
  let begun = 0;
  controls.beforePut = async () => {
    begun += 1;
    await vi.waitFor(() => expect(begun).toBeGreaterThan(1), { interval: 5, timeout: 60_000 });
  };
  const answers = await Promise.all(
    Array.from({ length: SHEETS }, (_, index) =>
      objects.ask('PUT', `${path}/sheets/${index + 1}`, { json: { status: 'completed' } }),
    ),
  );
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  expect(counts.refused).toBeGreaterThan(0);
  expect((await objects.ask('GET', path)).json).toMatchObject({ last_completed_sheet: SHEETS });
});
