import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import {
  acquire,
  JOB,
  LEASE,
  leaseOf,
  STATE_KEY,
  storedText,
  update,
  write,
} from '../support/leasing.ts';
import { aState } from '../support/state.ts';

async function nextEpoch(app: AppClient): Promise<number> {
  return leaseOf((await acquire(app)).answer).epoch;
}

describe('the epoch of a job', () => {
  it('is 1 at the first grant, and one more after each release', async () => {
    const app = openApp();
    await app.create();
    const first = await acquire(app);
    await app.ask('DELETE', LEASE, { headers: first.headers });
    const second = await acquire(app);
    await app.ask('DELETE', LEASE, { headers: second.headers });
    const epochs = [leaseOf(first.answer).epoch, leaseOf(second.answer).epoch];
    expect([...epochs, await nextEpoch(app)]).toEqual([1, 2, 3]);
  });

  it('grows when a dead holder is taken from', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await acquire(app);
    clock.advance(60_000);
    expect(await nextEpoch(app)).toBe(2);
  });

  it('does not fall when a job is swept, fails, and is resumed', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await acquire(app);
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    await app.ask('POST', `${JOB}/fail`);
    await app.ask('POST', `${JOB}/resume`);
    expect(await nextEpoch(app)).toBe(2);
  });

  it('does not fall when the whole state is saved over', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('DELETE', LEASE, { headers });
    await app.ask('PUT', JOB, { headers: { 'If-Match': '*' }, json: aState() });
    expect(await nextEpoch(app)).toBe(2);
  });

  it('does not fall when a finished job is saved as pending again', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    await update(app, 1, 'completed', await acquire(app));
    await app.ask('PUT', JOB, { headers: { 'If-Match': '*' }, json: aState() });
    expect(await nextEpoch(app)).toBe(2);
  });

  it('does not grow with heartbeats, updates and refusals', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    await app.ask('PUT', LEASE, { headers: held.headers });
    await update(app, 1, 'completed', held);
    await app.ask('POST', LEASE, { json: { holder: 'w-2' } });
    await app.ask('DELETE', LEASE, { headers: held.headers });
    expect(await nextEpoch(app)).toBe(2);
  });

  it('is read from the file by a process that starts, whatever numbers the state holds', async () => {
    const first = openApp();
    const body = `{"job_id":"job-1","job_name":"n","total_sheets":3,"theirs":[1.0,12345678901234567890,{"7":1}]}`;
    await first.ask('POST', '/v1/jobs', { body });
    const { headers } = await acquire(first);
    await first.ask('DELETE', LEASE, { headers });
    expect(await nextEpoch(openApp({ store: first.store }))).toBe(2);
  });

  it('a process that starts knows the holder, whatever numbers the state holds', async () => {
    const first = openApp();
    const body = `{"job_id":"job-1","job_name":"n","total_sheets":3,"theirs":[1.0,12345678901234567890,{"7":1}]}`;
    await first.ask('POST', '/v1/jobs', { body });
    const held = await acquire(first);
    const second = openApp({ store: first.store });
    expect((await update(second, 1, 'completed')).status).toBe(409);
    expect((await update(second, 1, 'completed', held)).status).toBe(200);
  });

  it.each([
    'null',
    '5',
    '"x"',
    '[]',
    '{}',
    '{"epoch":"x","recoveries":-1,"lease":5}',
    '{"epoch":-1,"lease":{"id":""}}',
  ])('begins at 1 where another program left %s', async dalsegno => {
    const app = openApp();
    const text = JSON.stringify(aState());
    await write(app.store, STATE_KEY, `${text.slice(0, -1)},"dalsegno":${dalsegno}}`);
    expect(await nextEpoch(app)).toBe(1);
  });

  it('goes on where another program left no more than the epoch', async () => {
    const app = openApp();
    await write(app.store, STATE_KEY, JSON.stringify(aState({ dalsegno: { epoch: 41 } })));
    expect(await nextEpoch(app)).toBe(42);
  });

  // Other integers of a state may be written so, and are read as integers.
  it('goes on where another program wrote it as 41.0', async () => {
    const app = openApp();
    const text = JSON.stringify(aState());
    await write(app.store, STATE_KEY, `${text.slice(0, -1)},"dalsegno":{"epoch":41.0}}`);
    expect(await nextEpoch(app)).toBe(42);
  });

  it('stays the last key through every change of the job', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    await update(app, 1, 'completed', held);
    await app.ask('PUT', JOB, {
      headers: { ...held.headers, 'If-Match': '*' },
      json: aState({ status: 'running', theirs: 1, 9: 2 }),
    });
    await app.ask('POST', `${JOB}/pause`, { headers: held.headers });
    expect(await storedText(app.store)).toMatch(
      /"dalsegno": \{[^{}]+"history": \[[^[\]]+\]\s+\}\s+\}$/,
    );
  });
});
