import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import type { Answer, AppClient } from '../support/app.ts';
import { aState } from '../support/state.ts';
import { withSeparatePuts } from '../support/steps/separate-puts.ts';
import { acquire, grantOf, JOB, makeWorld, type World } from './world.ts';

/* Schedules in which a job that waits could be lost to the claims by its name. */

/** A memory store in which something can come to pass just before a write or a deletion. */
interface Stage extends World {
  before(operation: 'put' | 'delete', prefix: string, task: () => Promise<unknown>): void;
}

function openStage(): Stage {
  const inner = createMemoryStore();
  const tasks = new Map<string, () => Promise<unknown>>();

  async function interrupt(operation: string, key: string): Promise<void> {
    const name = `${operation} ${key.slice(0, key.indexOf('/') + 1)}`;
    const task = tasks.get(name);
    tasks.delete(name);
    await task?.();
  }

  // Where labels are kept claims trust the hints, and look at no others.
  const store: ObjectStore = {
    ...withSeparatePuts(inner),
    traits: { ...inner.traits, labels: true },
    async put(key, body, precondition) {
      await interrupt('put', key);
      return inner.put(key, body, precondition);
    },
    async delete(key, precondition) {
      await interrupt('delete', key);
      return inner.delete(key, precondition);
    },
  };
  return {
    ...makeWorld(store),
    before: (operation, prefix, task) => void tasks.set(`${operation} ${prefix}`, task),
  };
}

/** A waiting job named `One`, which has waited for an hour. */
async function waiting(): Promise<Stage> {
  const stage = openStage();
  await stage.open().create({ job_name: 'One' });
  stage.clock.advance(3_600_000);
  return stage;
}

function rename(app: AppClient, job_name: string): Promise<Answer> {
  const json = aState({ job_name });
  return app.ask('PUT', JOB, { headers: { 'If-Match': '*' }, json });
}

/**
 * A waiting job that was named `Two` later, and a name `One` that the store refused: its hint is left over. It is
 * listed before the hint of `Two`, because hints of one place are in the order of the hashes of their names.
 */
async function refused(stage: Stage): Promise<void> {
  await rename(stage.open(), 'Two');
  stage.clock.advance(1000);
  stage.before('put', 'jobs/', async () => {
    throw new StoreError('The connection was lost');
  });
  expect((await rename(stage.open(), 'One')).status).toBe(503);
}

async function claimed(app: AppClient, job_name: string | null): Promise<string | null> {
  const answer = await app.ask('POST', '/v1/claims', { json: { holder: 'w', job_name } });
  return answer.status === 204 ? null : grantOf(answer).lease.job_id;
}

describe('a new name of a job that waits', () => {
  it('is not undone by the late deletion of a hint when the name is changed back meanwhile', async () => {
    const stage = await waiting();
    stage.before('delete', 'ready/', () => rename(stage.open(), 'One'));
    await rename(stage.open(), 'Two');
    expect(await claimed(stage.open(), 'One')).toBe('job-1');
    expect(await claimed(stage.open(), 'Two')).toBeNull();
  });

  it('keeps its hint when a claim by it comes before the change', async () => {
    const stage = await waiting();
    stage.before('put', 'jobs/', async () => {
      expect(await claimed(stage.open(), 'Two')).toBeNull();
    });
    await rename(stage.open(), 'Two');
    expect(await claimed(stage.open(), 'Two')).toBe('job-1');
  });

  it('keeps its hint when another change comes before it', async () => {
    const stage = await waiting();
    stage.before('put', 'jobs/', () => rename(stage.open(), 'Three'));
    await rename(stage.open(), 'Two');
    expect(await claimed(stage.open(), 'Three')).toBeNull();
    expect(await claimed(stage.open(), 'Two')).toBe('job-1');
  });

  it('keeps its hint when a claim by the old name puts that one right meanwhile', async () => {
    const stage = await waiting();
    stage.before('delete', 'ready/', async () => {
      expect(await claimed(stage.open(), 'One')).toBeNull();
    });
    await rename(stage.open(), 'Two');
    expect(await claimed(stage.open(), 'Two')).toBe('job-1');
  });

  it('leaves the job to who claims it before the change', async () => {
    const stage = await waiting();
    stage.before('put', 'jobs/', async () => {
      expect(await claimed(stage.open(), null)).toBe('job-1');
    });
    expect((await rename(stage.open(), 'Two')).status).toBe(409);
    expect(await claimed(stage.open(), 'Two')).toBeNull();
  });

  it('does not make a job claimable that is paused before the change', async () => {
    const stage = await waiting();
    stage.before('put', 'jobs/', () => stage.open().ask('POST', `${JOB}/pause`));
    const json = aState({ job_name: 'Two', status: 'paused' });
    await stage.open().ask('PUT', JOB, { headers: { 'If-Match': '*' }, json });
    expect(await claimed(stage.open(), null)).toBeNull();
  });

  it('keeps its hint when the same change at the same time has failed before', async () => {
    const stage = await waiting();
    await refused(stage);
    expect((await rename(stage.open(), 'One')).status).toBe(200);
    expect(await claimed(stage.open(), 'One')).toBe('job-1');
  });

  it('keeps its hint when an earlier change that found it deletes hints late', async () => {
    const stage = await waiting();
    await refused(stage);
    stage.clock.advance(-500);
    stage.before('delete', 'ready/', async () => {
      stage.clock.advance(500);
      await rename(stage.open(), 'One');
    });
    await rename(stage.open(), 'Three');
    expect(await claimed(stage.open(), 'One')).toBe('job-1');
  });

  it('is claimed once, by whichever of its hints', async () => {
    const stage = await waiting();
    stage.before('put', 'jobs/', () => rename(stage.open(), 'Three'));
    await rename(stage.open(), 'Two');
    expect((await acquire(stage.open(), 'w')).status).toBe(201);
    for (const name of [null, 'One', 'Two', 'Three']) {
      expect(await claimed(stage.open(), name)).toBeNull();
    }
  });
});
