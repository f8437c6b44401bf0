import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import {
  acquire,
  beat,
  type Client,
  claim,
  claimed,
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

interface Stage {
  readonly app: AppClient;
  readonly clock: MovableClock;
}

/** How `job-1` comes to wait. */
const WAITING: readonly (readonly [name: string, wait: (stage: Stage) => Promise<unknown>])[] = [
  ['was created', ({ app }) => app.create()],
  [
    'was handed back',
    async ({ app }) => {
      await app.create();
      await app.ask('DELETE', LEASE, { headers: (await claim(app)).headers });
    },
  ],
  [
    'was recovered',
    async ({ app, clock }) => {
      await app.create();
      await beat(app, await claim(app));
      clock.advance(60_000);
      await app.ask('POST', '/v1/sweep');
    },
  ],
  [
    'was resumed',
    async ({ app }) => {
      await app.create({ status: 'paused' });
      await app.ask('POST', `${JOB}/resume`);
    },
  ],
];

/** `job-1` waits before `job-2`. */
async function queue(wait: (stage: Stage) => Promise<unknown>): Promise<Stage> {
  const clock = frozenClock();
  const app = openApp({ clock });
  await wait({ app, clock });
  clock.advance(1);
  await app.create({ job_id: 'job-2' });
  clock.advance(1);
  return { app, clock };
}

async function save(app: Client, overrides: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const stored = (await load(app)).json as Record<string, unknown>;
  const json = { ...stored, ...overrides };
  const saved = await app.ask('PUT', JOB, { headers: { 'If-Match': '*' }, json });
  expect(saved.status).toBe(200);
}

function restarted({ app, clock }: Stage): AppClient {
  return openApp({ store: app.store, clock, seed: 7 });
}

async function claimedInTurn(app: Client): Promise<(string | null)[]> {
  return [await claimed(app), await claimed(app), await claimed(app)];
}

const IN_TURN = ['job-1', 'job-2', null];

describe.each(WAITING)('a job that %s and waits', (_name, wait) => {
  it('keeps its place when it is saved', async () => {
    const { app } = await queue(wait);
    await save(app, { worktree_path: '/somewhere' });
    expect(await claimedInTurn(app)).toEqual(IN_TURN);
  });

  it('keeps its place when it is saved again and again, by one process after the other', async () => {
    const stage = await queue(wait);
    for (const path of ['/a', '/b', '/c']) {
      stage.clock.advance(1000);
      await save(restarted(stage), { worktree_path: path });
    }
    expect(await claimedInTurn(restarted(stage))).toEqual(IN_TURN);
  });

  it('keeps its place when a sheet of it is updated', async () => {
    const { app } = await queue(wait);
    await update(app, 1, 'completed');
    await update(app, 2, 'failed');
    expect(await claimedInTurn(app)).toEqual(IN_TURN);
  });

  it('keeps its place when it is given another name', async () => {
    const { app } = await queue(wait);
    await save(app, { job_name: 'Another' });
    expect(await claimedInTurn(app)).toEqual(IN_TURN);
  });

  it('keeps its place when it is saved after a restart and given another name after one', async () => {
    const stage = await queue(wait);
    await save(restarted(stage));
    stage.clock.advance(1000);
    await save(restarted(stage), { job_name: 'Another' });
    await save(restarted(stage));
    const app = restarted(stage);
    expect(await claimed(app, { job_name: 'Another' })).toBe('job-1');
    expect(await claimed(app)).toBe('job-2');
  });

  it('has one hint, whatever is done with it', async () => {
    const { app, clock } = await queue(wait);
    for (const job_name of ['A job', 'Another', 'A third', 'Another', 'Another']) {
      await save(app, { job_name });
      clock.advance(1000);
    }
    await update(app, 1, 'completed');
    const hints = await keysOf(app.store, 'ready/');
    expect(hints.filter(key => key.endsWith('~job-1'))).toHaveLength(1);
  });

  it('leaves no hint when it was saved and is claimed', async () => {
    const { app } = await queue(wait);
    await save(app);
    await save(app, { job_name: 'Another' });
    await claimedInTurn(app);
    expect(await keysOf(app.store, 'ready/')).toEqual([]);
  });

  it.each([
    ['acquired', (app: Client) => acquire(app)],
    ['paused', (app: Client) => app.ask('POST', `${JOB}/pause`)],
    ['cancelled', (app: Client) => app.ask('POST', `${JOB}/cancel`)],
    ['deleted', (app: Client) => app.ask('DELETE', JOB)],
    ['run without a lease', (app: Client) => update(app, 1, 'in_progress')],
  ])('leaves no hint when it was saved and is %s', async (_what, end) => {
    const { app } = await queue(wait);
    await save(app);
    await save(app, { job_name: 'Another' });
    await end(app);
    expect((await keysOf(app.store, 'ready/')).map(key => key.split('~')[1])).toEqual(['job-2']);
  });

  it('is not claimed when it was saved and is paused, though a process died over its hint', async () => {
    const stage = await queue(wait);
    await save(stage.app);
    const hints = await keysOf(stage.app.store, 'ready/');
    await stage.app.ask('POST', `${JOB}/pause`);
    for (const key of hints) await write(stage.app.store, key, '');
    expect(await claimedInTurn(restarted(stage))).toEqual(['job-2', null, null]);
    expect(await keysOf(stage.app.store, 'ready/')).toEqual([]);
  });

  it('is not claimed when it was saved, paused, and saved again', async () => {
    const { app } = await queue(wait);
    await save(app);
    await app.ask('POST', `${JOB}/pause`);
    await save(app);
    expect(await claimedInTurn(app)).toEqual(['job-2', null, null]);
  });

  it('goes to the end when it is paused and resumed', async () => {
    const { app, clock } = await queue(wait);
    await save(app);
    await app.ask('POST', `${JOB}/pause`);
    clock.advance(1000);
    await app.ask('POST', `${JOB}/resume`);
    expect(await claimedInTurn(app)).toEqual(['job-2', 'job-1', null]);
  });

  it('goes to the end when it was saved, claimed and handed back', async () => {
    const { app, clock } = await queue(wait);
    await save(app);
    const { headers } = await claim(app);
    clock.advance(1000);
    await app.ask('DELETE', LEASE, { headers });
    expect(await claimedInTurn(app)).toEqual(['job-2', 'job-1', null]);
  });

  it('is said to wait after a save, a new name and a restart', async () => {
    const stage = await queue(wait);
    await save(stage.app);
    await save(restarted(stage), { job_name: 'Another' });
    await save(restarted(stage));
    const why = await restarted(stage).ask('GET', `${JOB}/why`);
    expect(why.json).toMatchObject({ standing: 'waiting', claimable: true });
  });
});

describe('a job that does not wait', () => {
  it('has nothing added to it by a save when it was paused by an operator', async () => {
    const app = openApp();
    await app.create();
    await app.ask('POST', `${JOB}/pause`);
    const before = JSON.parse(await storedText(app.store)) as { dalsegno: unknown };
    await save(app);
    const { dalsegno } = before;
    expect(JSON.parse(await storedText(app.store))).toMatchObject({ dalsegno });
    expect(dalsegno).not.toHaveProperty('waiting');
  });

  it('has nothing added to it by a save when it is pending and waits', async () => {
    const app = openApp();
    await app.create();
    await save(app);
    await update(app, 1, 'completed');
    expect(JSON.parse(await storedText(app.store))).not.toHaveProperty('dalsegno');
  });

  it('waits for an operator when another program has saved it since', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create({ status: 'paused' });
    await app.ask('POST', `${JOB}/resume`);
    clock.advance(1000);
    await save(app);
    const state = JSON.parse(await storedText(app.store)) as Record<string, unknown>;
    const theirs = { ...state, updated_at: '2026-03-05T00:00:00Z' };
    await write(app.store, STATE_KEY, JSON.stringify(theirs));
    expect(await claimed(app)).toBeNull();
  });

  it('is not made claimable by a save when it is the file of another program', async () => {
    const app = openApp();
    await write(app.store, STATE_KEY, JSON.stringify(aState()));
    await save(app);
    await save(app, { job_name: 'Another' });
    expect(await claimed(app)).toBeNull();
  });

  it('waits when a save gives it sheets to run', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    await update(app, 1, 'skipped');
    expect(await claimed(app)).toBeNull();
    await save(app, { total_sheets: 2 });
    expect((await claim(app)).answer.json).toMatchObject({ next_sheet: 2 });
  });
});
