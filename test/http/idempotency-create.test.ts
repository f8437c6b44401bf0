import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { ASK, heldIn, KEY, keyed, OTHER_KEY, REUSED } from '../support/idempotency.ts';

import { JOB, LEASE, load, storedText, update } from '../support/leasing.ts';

import { openSecondProcess } from '../support/second-process.ts';
import { aState } from '../support/state.ts';

describe('POST /v1/jobs with an idempotency key', () => {
  const create = (app: Pick<AppClient, 'ask'>, headers: Record<string, string>, json = aState()) =>
    app.ask('POST', '/v1/jobs', { json, headers });

  it('answers the same call as before, and creates one job', async () => {
    const app = openApp();
    const first = await create(app, keyed(KEY));
    const again = await create(app, keyed(KEY));
    expect([first.status, again.status]).toEqual([201, 201]);
    expect([again.text, again.header('etag'), again.header('location')]).toEqual([
      first.text,
      first.header('etag'),
      first.header('location'),
    ]);
  });

  it('answers so in a process that has not seen the first, whether it says that it is a repeat or not', async () => {
    const app = openApp();
    const first = await create(app, keyed(KEY));
    const again = await create(openSecondProcess(app.store), keyed(KEY));
    const repeat = await create(openSecondProcess(app.store), keyed(KEY, 2));
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect([repeat.status, repeat.text]).toEqual([201, first.text]);
  });

  it('answers with the job as it stands, where it was claimed meanwhile', async () => {
    const app = openApp();
    await create(app, keyed(KEY));
    await app.ask('POST', '/v1/claims', { json: ASK });
    const again = await create(app, keyed(KEY));
    expect([again.status, again.json]).toMatchObject([201, { status: 'running' }]);
  });

  it('is refused with another body, by any process', async () => {
    const app = openApp();
    await create(app, keyed(KEY));
    const other = aState({ total_sheets: 9 });
    expect(await create(app, keyed(KEY), other)).toMatchObject(REUSED);
    expect(await create(openSecondProcess(app.store), keyed(KEY), other)).toMatchObject(REUSED);
  });

  it('is told that the job exists, where another key or none created it', async () => {
    const app = openApp();
    await create(app, keyed(KEY));
    expect((await create(app, keyed(OTHER_KEY))).json).toMatchObject({ code: 'job_exists' });
    expect((await create(app, {})).json).toMatchObject({ code: 'job_exists' });
  });

  it('is told that the job exists after a day', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await create(app, keyed(KEY));
    clock.advance(86_400_001);
    expect((await create(app, keyed(KEY))).json).toMatchObject({ code: 'job_exists' });
  });

  it('shows nobody the digest of the key, and keeps it through the life of the job', async () => {
    const app = openApp();
    const created = await create(app, keyed(KEY));
    expect(created.text).not.toContain('key_sha256');
    const held = heldIn(await app.ask('POST', LEASE, { json: ASK }));
    expect(held.answer.text).not.toContain('key_sha256');
    await update(app, 1, 'completed', held);
    await app.ask('DELETE', LEASE, { headers: held.headers });
    const loaded = await load(app);
    expect(loaded.text).not.toContain('key_sha256');
    await app.ask('PUT', JOB, { json: loaded.json, headers: { 'If-Match': '*' } });
    expect(await storedText(app.store)).toContain('key_sha256');
    expect((await create(app, keyed(KEY))).status).toBe(201);
  });

  it('adds nothing to a job that is created without a key', async () => {
    const app = openApp();
    await app.create();
    expect(await storedText(app.store)).not.toContain('dalsegno');
  });
});
