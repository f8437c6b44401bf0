import { describe, expect, it } from 'vitest';
import { UNCONDITIONAL } from '../../lib/store.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import {
  acquire,
  beat,
  claimed,
  JOB,
  load,
  STATE_KEY,
  storedText,
  update,
} from '../support/leasing.ts';
import { runtime } from '../support/runtime.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A service beside one of a later version, which writes what this one does not know. */
async function open() {
  const place = await runtime.makePlace();
  const clock = frozenClock();
  const app = openApp({ store: await place.open(), clock });
  return { app, clock, later: await place.open() };
}

describe('what a later version of the service has written', () => {
  it('labels of another form are not believed: the job and the lease are read', async () => {
    const { app, clock, later } = await open();
    await app.create();
    const held = await acquire(app);
    for (const key of [STATE_KEY, held.key]) {
      const text = await storedText(later, key);
      await later.put(key, bytes(text), UNCONDITIONAL, '{"form":9,"status":"completed"}');
    }
    const list = await app.ask('GET', '/v1/jobs?status=running');
    expect(list.json).toMatchObject({ jobs: [{ job_id: 'job-1' }] });
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 0, errors: 0 });
    expect((await beat(app, held)).status).toBe(200);
    clock.advance(61_000);
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 1, errors: 0 });
  });

  it('members of a state and of a lease that are not known are no fault', async () => {
    const { app, later } = await open();
    await app.create();
    const held = await acquire(app);
    for (const key of [STATE_KEY, held.key]) {
      const stored = JSON.parse(await storedText(later, key));
      const { dalsegno } = stored;
      const own = dalsegno === undefined ? {} : { dalsegno: { ...dalsegno, region: 'eu' } };
      await later.put(
        key,
        bytes(JSON.stringify({ ...stored, ...own, region: 'eu' })),
        UNCONDITIONAL,
      );
    }
    expect((await beat(app, held)).status).toBe(200);
    expect((await update(app, 1, 'completed', held)).status).toBe(200);
    expect((await load(app)).json).toMatchObject({ last_completed_sheet: 1 });
    const list = await app.ask('GET', '/v1/jobs');
    expect(list.json).toMatchObject({ jobs: [{ job_id: 'job-1' }], corrupt: [] });
    // Those of a state stay with every save.
    const kept = JSON.parse(await storedText(later, STATE_KEY));
    expect(kept).toMatchObject({ region: 'eu', dalsegno: { region: 'eu' } });
  });

  it('objects of a folder that is not known stay, and nothing reads them', async () => {
    const { app, later } = await open();
    await later.put('future/a.json', bytes('{"form":9}'), UNCONDITIONAL);
    await later.put('sweep/future.json', bytes('{"form":9}'), UNCONDITIONAL);
    await app.create();
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ errors: 0 });
    expect(await claimed(app)).toBe('job-1');
    expect((await app.ask('GET', JOB)).status).toBe(200);
    expect(await storedText(later, 'future/a.json')).toBe('{"form":9}');
  });
});
