import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import {
  acquire,
  claim,
  type Held,
  JOB,
  keysOf,
  LEASE,
  load,
  STATE_KEY,
  storedText,
  update,
  write,
} from '../support/leasing.ts';
import { aState } from '../support/state.ts';

function secretOf({ token }: Held): string {
  return token.split('.').at(-1) ?? '';
}

function proofOf(held: Held): string {
  return createHash('sha256').update(secretOf(held)).digest('hex');
}

describe('the stored state of a leased job', () => {
  it('the state ends with what is known of its lease, and has nothing else of it', async () => {
    const app = openApp();
    await app.create({ theirs: { deep: [1] } });
    const held = await acquire(app);
    const stored = JSON.parse(await storedText(app.store)) as Record<string, unknown>;
    expect(Object.keys(stored).at(-1)).toBe('dalsegno');
    expect(stored['dalsegno']).toStrictEqual({
      epoch: 1,
      recoveries: 0,
      lease: {
        id: held.leaseId,
        holder: 'w-1',
        token_sha256: proofOf(held),
        acquired_at: '2026-03-04T05:06:07.000001Z',
      },
      history: [expect.objectContaining({ event: 'granted', holder: 'w-1' })],
    });
  });

  it('the state has the key last where other keys are of numbers, or come behind it', async () => {
    const app = openApp();
    const state = { ...aState(), dalsegno: { epoch: 4 }, theirs: 1.5, 7: 'seven' };
    await write(app.store, STATE_KEY, JSON.stringify(state));
    await acquire(app);
    expect(await storedText(app.store)).toMatch(
      /"dalsegno": \{\s+"epoch": 5,[^[\]]+"history": \[[^[\]]+\]\s+\}\s+\}$/,
    );
  });

  it('a job that was never leased has nothing of leases', async () => {
    const app = openApp();
    await app.create();
    await update(app, 1, 'completed');
    expect(await storedText(app.store)).not.toContain('dalsegno');
  });

  it('a job that was released names no lease, and has its epoch', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await acquire(app);
    await app.ask('DELETE', LEASE, { headers });
    expect((await load(app)).json).toMatchObject({
      dalsegno: { epoch: 1, recoveries: 0, lease: null },
    });
  });
});

describe('the secret of a lease', () => {
  it('the secret is stored nowhere', async () => {
    const app = openApp();
    await app.create();
    const held = await claim(app);
    await app.ask('PUT', LEASE, { headers: held.headers, json: { progress: 1 } });
    await update(app, 1, 'completed', held);
    const folders = ['jobs/', 'leases/', 'ready/', 'lapses/'];
    const keys = (await Promise.all(folders.map(folder => keysOf(app.store, folder)))).flat();
    const texts = await Promise.all(keys.map(key => storedText(app.store, key)));
    expect([...keys, ...texts].join('\n')).not.toContain(secretOf(held));
    expect(keys).toHaveLength(2);
  });

  it('no answer but the first shows the secret, and none the proof of it', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const held = await acquire(app);
    const { headers } = held;
    const asked = [
      await load(app),
      await app.ask('GET', '/v1/jobs?view=full'),
      await app.ask('GET', '/v1/jobs'),
      await app.ask('GET', `${JOB}/why`),
      await app.ask('GET', `${JOB}/next-sheet`),
      await app.ask('PUT', LEASE, { headers }),
      await app.ask('POST', '/v1/heartbeats', { json: { beats: [{ token: held.token }] } }),
      await app.ask('POST', '/v1/updates', {
        json: { updates: [{ token: held.token, sheet: 2, status: 'in_progress' }] },
      }),
      await app.ask('POST', LEASE, { json: { holder: 'w-2' } }),
      await app.ask('POST', '/v1/jobs', { json: aState() }),
      await update(app, 1, 'in_progress'),
      await update(app, 1, 'in_progress', held),
      await app.ask('POST', `${JOB}/pause`),
      await app.ask('PUT', JOB, {
        headers: { ...headers, 'If-Match': '*' },
        json: aState({ status: 'running' }),
      }),
      await app.ask('POST', '/v1/sweep'),
    ];
    clock.advance(60_000);
    const texts = [...asked, await load(app)].map(({ text }) => text).join('\n');
    expect(texts).not.toContain('token_sha256');
    expect(texts).not.toContain(secretOf(held));
    expect(texts).not.toContain(proofOf(held));
    expect(held.answer.text).not.toContain('token_sha256');
  });

  it('GET of a zombie shows who held it, and no proof', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const held = await acquire(app);
    clock.advance(60_000);
    expect((await load(app)).json).toMatchObject({
      dalsegno: { epoch: 1, recoveries: 0, lease: { id: held.leaseId, holder: 'w-1' } },
    });
    expect((await load(app)).text).not.toContain('token_sha256');
  });

  // A lease that cannot be read counts as none, and the state is shown as it is stored.
  it('GET shows no proof of a lease that cannot be read', async () => {
    const app = openApp();
    const lease = { id: 'x', holder: 'w', token_sha256: 'ab', acquired_at: 'once' };
    const dalsegno = { epoch: 1, recoveries: 0, lease };
    await write(app.store, STATE_KEY, JSON.stringify(aState({ dalsegno })));
    expect((await load(app)).text).not.toContain('token_sha256');
  });

  it('PUT cannot make itself the holder by what it says in the body', async () => {
    const app = openApp();
    await app.create();
    const held = await acquire(app);
    const dalsegno = { epoch: 99, recoveries: 9, lease: null };
    await app.ask('PUT', JOB, {
      headers: { ...held.headers, 'If-Match': '*' },
      json: aState({ status: 'running', dalsegno }),
    });
    expect(JSON.parse(await storedText(app.store))).toMatchObject({
      dalsegno: { epoch: 1, recoveries: 0, lease: { id: held.leaseId } },
    });
  });

  it('POST creates a job without what the body says of leases', async () => {
    const app = openApp();
    await app.create({ dalsegno: { epoch: 99, recoveries: 0, lease: null } });
    expect(await storedText(app.store)).not.toContain('dalsegno');
  });
});
