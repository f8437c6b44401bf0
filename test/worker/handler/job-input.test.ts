import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import type { StandardSchema, WorkerOptions } from '../../../lib/worker.ts';
import { openWorld, type World } from '../world.ts';

const MINUTE = 60_000;
const Import = z.object({ url: z.url(), rows: z.number().default(100) });
type Import = z.infer<typeof Import>;

async function openJob(input: unknown): Promise<World> {
  const world = openWorld();
  const config_snapshot = input;
  await world.client.create({
    job_id: 'job-1',
    job_name: 'A job',
    total_sheets: 2,
    config_snapshot,
  });
  return world;
}

/** What each sheet got, and how the job ended. */
async function run(world: World, input: WorkerOptions<Import>['input']) {
  const got: unknown[] = [];
  const worker = world.start<Import>({
    input,
    onSheet: context => {
      got.push(context.input);
    },
  });
  await world.timing.advance(MINUTE);
  return { got, worker, job: await world.load('job-1') };
}

/** A Standard Schema of no library, which takes its time. */
const standard: StandardSchema<Import> = {
  '~standard': {
    version: 1,
    validate: async value => {
      const read = Import.safeParse(value);
      if (read.success) return { value: read.data };
      return {
        issues: [{ message: 'not a URL', path: ['source', { key: 'url' }] }, { message: 'bad' }],
      };
    },
  },
};

describe('the input of a job', () => {
  it.each<[string, WorkerOptions<Import>['input']]>([
    ['a schema of zod', Import],
    ['a function', value => Import.parse(value)],
    ['an object with parse()', { parse: value => Import.parse(value) }],
    ['a Standard Schema', standard],
  ])('is read by %s, with its type', async (_, input) => {
    const { got, job } = await run(await openJob({ url: 'https://example.com/' }), input);
    const read = { url: 'https://example.com/', rows: 100 };
    expect(got).toEqual([read, read]);
    expect(job.status).toBe('completed');
  });

  it.each<[string, WorkerOptions<Import>['input'], string]>([
    ['a schema of zod', Import, 'url: Invalid'],
    [
      'a function',
      () => {
        throw new Error('no URL');
      },
      'no URL',
    ],
    ['a Standard Schema', standard, 'source.url: not a URL; bad'],
  ])('that %s does not take fails the job at once', async (_, input, reason) => {
    const { got, worker, job } = await run(await openJob({ url: 'here' }), input);
    expect(got).toEqual([]);
    expect(worker.story).toEqual(['claimed', 'error', 'finished']);
    expect(job.status).toBe('failed');
    expect(job.error_message).toContain('The input of the job (config_snapshot) is invalid: ');
    expect(job.error_message).toContain(reason);
  });

  it('that is missing is null', async () => {
    const { job } = await run(await openJob(undefined), Import);
    expect(job.error_message).toContain('expected object, received null');
  });

  it('is the value as it is stored where nothing reads it', async () => {
    const { got } = await run(await openJob({ any: ['thing'] }), undefined);
    expect(got).toEqual([{ any: ['thing'] }, { any: ['thing'] }]);
  });

  it('has a message of any length', async () => {
    const { job } = await run(await openJob({}), () => {
      throw new Error('x'.repeat(100_000));
    });
    expect(job).toMatchObject({ status: 'failed' });
  });

  it('has the type of its schema', () => {
    const typed = { input: Import } satisfies Pick<WorkerOptions<Import>, 'input'>;
    expectTypeOf(typed.input).toExtend<WorkerOptions<Import>['input']>();
  });
});
