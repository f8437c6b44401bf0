import { describe, expect, it } from 'vitest';
import type { Timestamp } from '../../lib/base/timestamp.ts';
import { hintKey, nameHashOf } from '../../lib/keys/ready-hint.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { claimed, JOB, keysOf, load, STATE_KEY, storedText, write } from '../support/leasing.ts';

const ONE = { job_name: 'One' };
const TWO = { job_name: 'Two' };
const START = '2026-03-04T05:06:07Z' as Timestamp;

async function rename(app: AppClient, job_name: string): Promise<void> {
  const json = { ...((await load(app)).json as Record<string, unknown>), job_name };
  const saved = await app.ask('PUT', JOB, { headers: { 'If-Match': '*' }, json });
  expect(saved.status).toBe(200);
}

/** As another program does that knows nothing of hints. */
async function renameInStore(app: AppClient, job_name: string): Promise<void> {
  const state = JSON.parse(await storedText(app.store)) as Record<string, unknown>;
  await write(app.store, STATE_KEY, JSON.stringify({ ...state, job_name }));
}

async function keyFor(jobName: string, changeAt: string = START): Promise<string> {
  const nameHash = await nameHashOf(jobName);
  return hintKey({ jobId: 'job-1', nameHash, since: START, changeAt: changeAt as Timestamp });
}

describe('a claim by name', () => {
  it('gets a job by the name that a save has given it, and not by the old one', async () => {
    const app = openApp();
    await app.create(ONE);
    await rename(app, 'Two');
    expect(await claimed(app, ONE)).toBeNull();
    expect(await claimed(app, TWO)).toBe('job-1');
  });

  it('gets a job by its name when that was changed and changed back', async () => {
    const app = openApp();
    await app.create(ONE);
    for (const name of ['Two', 'One', 'Two', 'One']) await rename(app, name);
    expect(await claimed(app, TWO)).toBeNull();
    expect(await claimed(app, ONE)).toBe('job-1');
    expect(await keysOf(app.store, 'ready/')).toEqual([]);
  });

  it.each(['', '~', 'a/b', 'Ünïcode 𝒳', '\ud800', 'x'.repeat(100_000)])(
    'gets a job whose name is %j',
    async job_name => {
      const app = openApp();
      await app.create({ ...ONE, job_id: 'other' });
      await app.create({ job_name });
      expect(await claimed(app, { job_name })).toBe('job-1');
    },
  );

  it('gets a job whose id fills a file name, after a save and a new name', async () => {
    const app = openApp();
    const job_id = 'é'.repeat(100);
    await app.create({ ...ONE, job_id });
    const path = `/v1/jobs/${encodeURIComponent(job_id)}`;
    const json = { job_id, ...TWO, total_sheets: 3 };
    await app.ask('PUT', path, { headers: { 'If-Match': '*' }, json });
    expect(await claimed(app, TWO)).toBe(job_id);
  });

  it('looks at the name itself, for two names may have one hash', async () => {
    const app = openApp();
    await app.create(ONE);
    await write(app.store, await keyFor('Two'), '');
    expect(await claimed(app, TWO)).toBeNull();
    expect(await claimed(app, ONE)).toBe('job-1');
  });

  it('asks no more for a job whose hint has the hash of its name, once that was put right', async () => {
    const app = openApp();
    await app.create(ONE);
    await renameInStore(app, 'Two');
    expect(await claimed(app, ONE)).toBeNull();
    expect(await keysOf(app.store, 'ready/')).toEqual([await keyFor('Two')]);
    expect(await claimed(app, TWO)).toBe('job-1');
  });

  it('leaves the hint of a new name alone that is ahead of its job, and gives the job by the old one', async () => {
    const app = openApp();
    await app.create(ONE);
    const ahead = await keyFor('Two', '2026-03-04T05:07:00Z');
    await write(app.store, ahead, '');
    expect(await claimed(app, TWO)).toBeNull();
    expect(await keysOf(app.store, 'ready/')).toContain(ahead);
    expect(await claimed(app, ONE)).toBe('job-1');
  });

  it('removes the hint of a new name that never came, after an hour', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create(ONE);
    const ahead = await keyFor('Two', '2026-03-04T05:07:00Z');
    await write(app.store, ahead, '');
    clock.advance(3_660_000);
    await claimed(app, TWO);
    expect(await keysOf(app.store, 'ready/')).toEqual([await keyFor('One')]);
    expect(await claimed(app, ONE)).toBe('job-1');
  });
});

/** A store with labels is changed by the service alone: no claim looks at jobs whose hints have other names. */
const { labels: IS_OWN } = createMemoryStore().traits;

describe('a waiting job that another program has given another name', () => {
  it.runIf(IS_OWN)(
    'is left to claims of any name in a store that the service alone writes',
    async () => {
      const app = openApp({ store: createMemoryStore() });
      await app.create(ONE);
      await renameInStore(app, 'Two');
      expect(await claimed(app, TWO)).toBeNull();
      expect(await claimed(app)).toBe('job-1');
      expect(await keysOf(app.store, 'ready/')).toEqual([]);
    },
  );

  it.runIf(!IS_OWN)(
    'is found by a claim of its name in a store whose files others write',
    async () => {
      const app = openApp({ store: createMemoryStore() });
      await app.create(ONE);
      await renameInStore(app, 'Two');
      expect(await claimed(app, TWO)).toBe('job-1');
      expect(await keysOf(app.store, 'ready/')).toEqual([]);
    },
  );

  it.runIf(!IS_OWN)('is found among a hundred others, by one of some claims', async () => {
    const clock = frozenClock();
    const app = openApp({ store: createMemoryStore(), clock });
    const claimLater = async () => {
      clock.advance(1_000);
      return claimed(app, TWO);
    };
    for (let index = 0; index < 100; index += 1) {
      await app.create({ ...ONE, job_id: `a-${index}` });
    }
    await app.create(ONE);
    for (let index = 0; index < 6; index += 1) expect(await claimLater()).toBeNull();
    await renameInStore(app, 'Two');
    const got: (string | null)[] = [];
    for (let index = 0; index < 6; index += 1) got.push(await claimLater());
    expect(got.filter(id => id !== null)).toEqual(['job-1']);
  });

  it('is given to a claim of any name', async () => {
    const app = openApp();
    await app.create(ONE);
    await renameInStore(app, 'Two');
    expect(await claimed(app)).toBe('job-1');
  });

  it('is found by its name once it is resumed', async () => {
    const app = openApp();
    await app.create(ONE);
    await renameInStore(app, 'Two');
    await app.ask('POST', `${JOB}/resume`);
    expect(await claimed(app, TWO)).toBe('job-1');
  });
});
