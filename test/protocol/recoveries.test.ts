import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { acquire, beat, claimed, type Held, JOB, LEASE, load, update } from '../support/leasing.ts';

interface Stage {
  readonly app: AppClient;
  readonly clock: MovableClock;
}

async function open(): Promise<Stage> {
  const clock = frozenClock();
  const app = openApp({ clock });
  await app.create({ total_sheets: 3 });
  return { app, clock };
}

/** The lease is over, and a sweep takes the job. */
async function outlive({ app, clock }: Stage): Promise<void> {
  clock.advance(60_000);
  await app.ask('POST', '/v1/sweep');
}

async function why(app: AppClient): Promise<unknown> {
  return (await app.ask('GET', `${JOB}/why`)).json;
}

describe('a grant that nobody used', () => {
  it('is no recovery, however often it happens', async () => {
    const stage = await open();
    for (let time = 0; time < 5; time++) {
      await acquire(stage.app);
      await outlive(stage);
    }
    expect((await load(stage.app)).json).toMatchObject({
      status: 'paused',
      dalsegno: { epoch: 5, recoveries: 0 },
    });
  });

  it('makes claims wait, each time longer, up to a minute from the end of the lease', async () => {
    const stage = await open();
    const pauses: number[] = [];
    for (let time = 0; time < 8; time++) {
      await acquire(stage.app);
      await outlive(stage);
      let seconds = 0;
      while (!(await isClaimable(stage.app))) {
        stage.clock.advance(1000);
        seconds += 1;
      }
      pauses.push(seconds);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  async function isClaimable(app: AppClient): Promise<boolean> {
    return ((await why(app)) as { claimable: boolean }).claimable;
  }

  it('is told by why, with the time from which the job may be claimed', async () => {
    const stage = await open();
    for (let time = 0; time < 2; time++) {
      await acquire(stage.app);
      await outlive(stage);
    }
    expect(await claimed(stage.app)).toBeNull();
    expect(await why(stage.app)).toMatchObject({
      standing: 'waiting',
      claimable: false,
      delayed_until: '2026-03-04T05:08:09Z',
      recoveries: 0,
      next: expect.stringContaining('in 2 s'),
      evidence: expect.arrayContaining([expect.stringMatching(/^Twice in a row .* not used/)]),
    });
    stage.clock.advance(2000);
    expect(await why(stage.app)).toMatchObject({ claimable: true, delayed_until: null });
    expect(await claimed(stage.app)).toBe('job-1');
  });

  it('holds no other job back', async () => {
    const stage = await open();
    await acquire(stage.app);
    await outlive(stage);
    await stage.app.create({ job_id: 'job-2' });
    expect(await claimed(stage.app)).toBe('job-2');
    stage.clock.advance(1000);
    expect(await claimed(stage.app)).toBe('job-1');
  });

  it('does not keep a caller from acquiring the job by its id', async () => {
    const stage = await open();
    await acquire(stage.app);
    await outlive(stage);
    expect((await acquire(stage.app)).answer.status).toBe(201);
  });

  it.each<[string, (stage: Stage, held: Held) => Promise<unknown>]>([
    ['a heartbeat', ({ app }, held) => beat(app, held)],
    ['a write', ({ app }, held) => update(app, 1, 'in_progress', held)],
    ['a release', ({ app }, { headers }) => app.ask('DELETE', LEASE, { headers })],
  ])('is forgotten with %s under the next', async (_, act) => {
    const stage = await open();
    await acquire(stage.app);
    await outlive(stage);
    const held = await acquire(stage.app);
    await act(stage, held);
    await outlive(stage);
    expect((await load(stage.app)).json).not.toMatchObject({
      dalsegno: { delay: expect.anything() },
    });
    expect(await claimed(stage.app)).toBe('job-1');
  });

  it('is forgotten where an operator resumes the job', async () => {
    const stage = await open();
    await acquire(stage.app);
    await outlive(stage);
    await stage.app.ask('POST', `${JOB}/resume`);
    expect(await claimed(stage.app)).toBe('job-1');
  });

  it('delays nothing for longer than a minute, though the clock jumps back', async () => {
    const stage = await open();
    await acquire(stage.app);
    await outlive(stage);
    stage.clock.advance(-86_400_000);
    expect(await why(stage.app)).toMatchObject({ claimable: true });
  });
});

describe('a job that kills its workers', () => {
  it.each<[string, (app: AppClient, held: Held) => Promise<unknown>]>([
    ['sent a heartbeat', beat],
    ['wrote', (app, held) => update(app, 1, 'in_progress', held)],
  ])('fails after three that %s', async (_, use) => {
    const stage = await open();
    const statuses: unknown[] = [];
    for (let time = 0; time < 3; time++) {
      await use(stage.app, await acquire(stage.app));
      await outlive(stage);
      statuses.push(((await load(stage.app)).json as { status: string }).status);
    }
    expect(statuses).toEqual(['paused', 'paused', 'failed']);
  });

  it('fails after three that used their grants, with unused ones between them', async () => {
    const stage = await open();
    for (let time = 0; time < 3; time++) {
      await beat(stage.app, await acquire(stage.app));
      await outlive(stage);
      if (time < 2) {
        await acquire(stage.app);
        await outlive(stage);
      }
    }
    expect((await load(stage.app)).json).toMatchObject({
      status: 'failed',
      dalsegno: { epoch: 5, recoveries: 3 },
    });
  });
});

describe('a holder that comes back after its job was taken', () => {
  /** A holder at work is taken for dead, and comes back. */
  async function falseAlarm(stage: Stage): Promise<void> {
    const held = await acquire(stage.app);
    await beat(stage.app, held);
    await outlive(stage);
    expect((await beat(stage.app, held)).status).toBe(409);
  }

  async function death(stage: Stage): Promise<void> {
    await beat(stage.app, await acquire(stage.app));
    await outlive(stage);
  }

  it('takes back the recovery that was counted', async () => {
    const stage = await open();
    await falseAlarm(stage);
    expect(await why(stage.app)).toMatchObject({ recoveries: 0 });
  });

  it('fails no job, however often that happens', async () => {
    const stage = await open();
    for (let time = 0; time < 12; time++) await falseAlarm(stage);
    expect((await load(stage.app)).json).toMatchObject({ status: 'paused' });
    expect(await why(stage.app)).toMatchObject({
      recoveries: 0,
      false_alarms: { false_alarms: 12 },
    });
  });

  it('takes back no recovery twice, and none that was another one', async () => {
    const stage = await open();
    await falseAlarm(stage);
    await falseAlarm(stage);
    await death(stage);
    await death(stage);
    expect((await load(stage.app)).json).toMatchObject({ status: 'paused' });
    expect(await why(stage.app)).toMatchObject({ recoveries: 2 });
    await death(stage);
    expect((await load(stage.app)).json).toMatchObject({ status: 'failed' });
  });

  it('takes back nothing of what came after a completed sheet', async () => {
    const stage = await open();
    const held = await acquire(stage.app);
    await beat(stage.app, held);
    await outlive(stage);
    await update(stage.app, 1, 'completed', await acquire(stage.app));
    await outlive(stage);
    await beat(stage.app, held);
    await death(stage);
    expect(await why(stage.app)).toMatchObject({ recoveries: 2 });
    await death(stage);
    expect((await load(stage.app)).json).toMatchObject({ status: 'failed' });
  });

  it('takes back nothing where it never used its grant', async () => {
    const stage = await open();
    await death(stage);
    const held = await acquire(stage.app);
    await outlive(stage);
    await beat(stage.app, held);
    expect(await why(stage.app)).toMatchObject({ recoveries: 1 });
  });
});
