import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import {
  acquire,
  beat,
  claim,
  claimed,
  JOB,
  keysOf,
  leaseOf,
  update,
  write,
} from '../support/leasing.ts';
import { runtime } from '../support/runtime.ts';
import { openSecondProcess } from '../support/second-process.ts';
import { aState } from '../support/state.ts';

describe('a job that waits', () => {
  it('may be claimed after a save that leaves it pending', async () => {
    const app = openApp();
    await app.create();
    await app.ask('PUT', JOB, { headers: { 'If-Match': '*' }, json: aState() });
    expect(await claimed(app)).toBe('job-1');
  });

  it('may be claimed after an update that leaves it pending', async () => {
    const app = openApp();
    await app.create();
    await update(app, 1, 'completed');
    expect((await claim(app)).answer.json).toMatchObject({ next_sheet: 2 });
  });

  it('may be claimed where it was created by PUT', async () => {
    const app = openApp();
    await app.ask('PUT', JOB, { headers: { 'If-None-Match': '*' }, json: aState() });
    expect(await claimed(app)).toBe('job-1');
  });

  it('may be claimed when it was recovered, and updated since', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await beat(app, await acquire(app));
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    await update(app, 1, 'skipped');
    expect(await claimed(app)).toBe('job-1');
  });

  it('may be claimed when an operator resumed it', async () => {
    const app = openApp();
    await app.create({ status: 'paused' });
    await app.ask('POST', `${JOB}/resume`);
    expect(await claimed(app)).toBe('job-1');
  });

  it('may be claimed when an operator resumed the file of another program', async () => {
    const app = openApp();
    await write(app.store, 'jobs/job-1.json', JSON.stringify(aState()));
    await app.ask('POST', `${JOB}/resume`);
    expect(await claimed(app)).toBe('job-1');
  });

  it('may be claimed again when the holder died, with what it had done', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await update(app, 1, 'completed', await claim(app));
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    const { answer } = await claim(app, { holder: 'w-2' });
    expect(answer.json).toMatchObject({ lease: { epoch: 2 }, next_sheet: 2 });
    expect(leaseOf(answer).job_id).toBe('job-1');
  });

  describe.runIf(runtime.keepsRepository)(
    'where a process remembers the leases that it read',
    () => {
      it('may be claimed at the moment that a lease of this process ends, without a sweep', async () => {
        const clock = frozenClock();
        const app = openApp({ clock });
        await app.create();
        await beat(app, await claim(app, { ttl_seconds: 5 }));
        clock.advance(4999);
        expect(await claimed(app)).toBeNull();
        clock.advance(1);
        expect(await claimed(app)).toBe('job-1');
      });
    },
  );

  describe.skipIf(runtime.keepsRepository)('where a request remembers nothing', () => {
    it('may be claimed once a sweep has been there, and not before', async () => {
      const clock = frozenClock();
      const app = openApp({ clock });
      await app.create();
      await beat(app, await claim(app, { ttl_seconds: 5 }));
      clock.advance(5000);
      expect(await claimed(app)).toBeNull();
      await app.ask('POST', '/v1/sweep');
      expect(await claimed(app)).toBe('job-1');
    });
  });

  it('may be claimed from another process once a sweep has been there', async () => {
    const clock = frozenClock();
    const first = openApp({ clock });
    await first.create();
    await beat(first, await claim(first));
    clock.advance(60_000);
    const second = openSecondProcess(first.store, clock);
    await second.ask('POST', '/v1/sweep');
    expect(await claimed(second)).toBe('job-1');
  });
});

describe('a job that does not wait', () => {
  it.each(['paused', 'running', 'completed', 'failed', 'cancelled', 'paused_at_chain'])(
    'a job that is created as %s is not claimed',
    async status => {
      const app = openApp();
      await app.create({ status });
      expect(await claimed(app)).toBeNull();
    },
  );

  it('the file of another program is not claimed', async () => {
    const app = openApp();
    await write(app.store, 'jobs/job-1.json', JSON.stringify(aState()));
    expect(await claimed(app)).toBeNull();
  });

  it.each(['pause', 'cancel', 'fail'])(
    'a job that waited is not claimed after %s',
    async request => {
      const app = openApp();
      await app.create();
      await app.ask('POST', `${JOB}/${request}`);
      expect(await claimed(app)).toBeNull();
      expect(await keysOf(app.store, 'ready/')).toEqual([]);
    },
  );

  it('a job that was recovered is not claimed after pause', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await acquire(app);
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    await app.ask('POST', `${JOB}/pause`);
    expect(await claimed(app)).toBeNull();
  });

  it('a job that its holder has paused is not claimed', async () => {
    const app = openApp();
    await app.create();
    const { headers } = await claim(app);
    await app.ask('POST', `${JOB}/pause`, { headers });
    expect(await claimed(app)).toBeNull();
  });

  it('a job that somebody started without a lease is not claimed', async () => {
    const app = openApp();
    await app.create();
    await update(app, 1, 'in_progress');
    expect(await claimed(app)).toBeNull();
  });

  it('a job that is held is not claimed', async () => {
    const app = openApp();
    await app.create();
    await acquire(app);
    expect(await claimed(app)).toBeNull();
  });
});
