import { describe, expect, it } from 'vitest';
import { createJob, type JobToCreate } from '../../lib/worker.ts';
import { aJob } from './bodies.ts';
import { answerLost, requestLost } from './mishap.ts';
import { json, scriptedService } from './scripted-service.ts';
import { openWorld, type World } from './world.ts';

const MINUTE = 60_000;

function create(world: World, options: Partial<JobToCreate> = {}) {
  return createJob({
    ...world.connection,
    job_id: 'job-1',
    job_name: 'Nightly import',
    total_sheets: 3,
    input: { url: 'https://example.com/' },
    ...options,
  });
}

describe('createJob()', () => {
  it('creates a job that waits for a worker, with its input', async () => {
    const world = openWorld();
    await create(world);
    expect(await world.load('job-1')).toMatchObject({
      status: 'pending',
      job_name: 'Nightly import',
      total_sheets: 3,
      config_snapshot: { url: 'https://example.com/' },
    });
  });

  it('takes other members of a state too', async () => {
    const world = openWorld();
    await create(world, { state: { sheets: { '2': { sheet_num: 2, max_retries: 7 } } } });
    expect(await world.load('job-1')).toMatchObject({ sheets: { '2': { max_retries: 7 } } });
  });

  it.each([
    ['its answer', answerLost],
    ['its request', requestLost],
  ])('creates one job if %s is lost', async (_, mishap) => {
    const world = openWorld({ processes: 2 });
    world.befall(/POST/, mishap, 2);
    const creating = create(world);
    await world.timing.advance(MINUTE);
    expect(await creating).toMatchObject({ job_id: 'job-1', status: 'pending' });
  });

  it('returns the job as it is if it is called again', async () => {
    const world = openWorld({ processes: 2 });
    await create(world);
    const { held } = await world.client.acquire('job-1', { holder: 'w-1' });
    expect(await create(world)).toMatchObject({
      status: 'running',
      dalsegno: { epoch: held.epoch },
    });
  });

  it.each([
    ['of another input', { input: { url: 'https://example.org/' } }],
    ['with another key', { idempotencyKey: 'k'.repeat(40) }],
  ])('is refused for a job %s with the same id', async (_, options) => {
    const world = openWorld();
    await create(world);
    await expect(create(world, options)).rejects.toMatchObject({ code: 'job_exists' });
  });

  it('sends the token, and keeps options of the client out of the job', async () => {
    const service = scriptedService(json(201, aJob()));
    const { fetch } = service;
    const job = { job_id: 'job-1', job_name: 'A job', total_sheets: 3 };
    await createJob({ url: 'http://service.test', token: 'secret', retries: 1, fetch, ...job });
    expect(service.received[0]?.body).toEqual(job);
    expect(service.received[0]?.headers.get('authorization')).toBe('Bearer secret');
    expect(service.received[0]?.headers.get('idempotency-key')).toMatch(/^[\w-]{43}$/);
  });
});
