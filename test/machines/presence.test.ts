import { describe, expect, it } from 'vitest';
import { runWorker, type WorkerEvent } from '../../lib/worker.ts';
import { openPresenceService, type PresenceService } from '../presence/harness.ts';
import { openNetwork } from '../presence/network.ts';
import { acquire, beat, claimed, JOB, load, update } from '../support/leasing.ts';
import { openStage } from '../worker/stage.ts';

/** Two machines on one store, as on PostgreSQL or S3: what one changes the other finds out by reading. */
function openTwo(): { readonly a: PresenceService; readonly b: PresenceService } {
  const a = openPresenceService({ isShared: true, hasLabels: true });
  return { a, b: openPresenceService({ beside: a }) };
}

async function streamAtA(ttl_seconds = 60) {
  const { a, b } = openTwo();
  await a.create();
  const held = await acquire(a, { ttl_seconds });
  const stream = await a.open([held.token]);
  await a.live(stream, 4);
  return { a, b, held, stream };
}

describe('a stream at one machine and updates at another', () => {
  it('keeps the lease, and both machines know its holder', async () => {
    const { a, b, held, stream } = await streamAtA();
    for (const status of ['in_progress', 'completed']) {
      expect((await update(b, 1, status, held)).status).toBe(200);
      await a.live(stream, 100);
    }
    expect((await b.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 0 });
    expect((await load(b)).json).toMatchObject({ status: 'running', last_completed_sheet: 1 });
  });

  it('brings a request of an operator that arrived at the other one with the next renewal', async () => {
    const { a, b, stream } = await streamAtA();
    await b.ask('POST', `${JOB}/pause`);
    await a.live(stream, 20);
    expect(stream.told('request')).toMatchObject([{ requested: 'pause' }]);
  });

  it('brings it to the update that the worker sends, whichever machine gets that', async () => {
    const { a, b, held } = await streamAtA();
    await b.ask('POST', `${JOB}/pause`);
    for (const app of [b, a]) {
      const renewed = await beat(app, held);
      expect(renewed.json).toMatchObject({ requested: 'pause' });
    }
  });

  it('loses the lease with the next renewal when the job is released at the other one', async () => {
    const { a, b, held, stream } = await streamAtA();
    await b.ask('DELETE', `${JOB}/lease`, { headers: held.headers });
    await a.live(stream, 20);
    expect(stream.told('lease_lost')).toEqual([{ lease_id: held.leaseId }]);
    await stream.close();
    await a.pass(5000);
    expect(await claimed(b)).toBe('job-1');
  });

  it('ends nothing when it breaks while the worker sends heartbeats to the other one', async () => {
    const { a, b, held, stream } = await streamAtA();
    expect((await beat(b, held)).status).toBe(200);
    await stream.close();
    await a.pass(10_000);
    expect((await load(b)).json).toMatchObject({ status: 'running', dalsegno: { epoch: 1 } });
    expect(await claimed(b)).toBeNull();
  });

  it('hands the job on after the grace when it breaks and no heartbeat comes, at either machine', async () => {
    const { a, b, stream } = await streamAtA();
    await stream.close();
    await a.pass(2100);
    expect(await claimed(b)).toBe('job-1');
  });

  it('leaves the lease its ttl when the machine with the stream is gone', async () => {
    const { a, b, held } = await streamAtA();
    // Nothing runs at the first one any more.
    a.clock.advance(40_000);
    expect(await claimed(b)).toBeNull();
    expect((await beat(b, held)).status).toBe(200);
  });
});

describe('a worker behind a load balancer', () => {
  it('keeps its job where each call goes to another machine, and streams cannot be kept', async () => {
    const { a, b } = openTwo();
    let calls = 0;
    const network = openNetwork(request => {
      calls += 1;
      return (calls % 2 === 0 ? a : b).fetch(request);
    });
    const stage = openStage();
    const events: WorkerEvent[] = [];
    const stopping = new AbortController();
    await a.create();
    const done = runWorker({
      url: 'http://service.test',
      holder: 'w-1',
      onSheet: stage.onSheet,
      fetch: network.fetch,
      timing: a.timing,
      random: { fraction: () => 0.5 },
      signal: stopping.signal,
      handleSignals: false,
      onEvent: event => events.push(event),
    });
    done.catch(() => undefined);
    for (let nth = 0; nth < 10; nth++) await a.pass(0);
    for (let minute = 0; minute < 10; minute++) {
      await a.pass(60_000);
      expect(await claimed(minute % 2 === 0 ? a : b)).toBeNull();
    }
    expect((await load(a)).json).toMatchObject({ status: 'running', dalsegno: { epoch: 1 } });
    expect(events.map(({ type }) => type)).not.toContain('lost');
    stage.last().finish();
    for (let nth = 0; nth < 10; nth++) await a.pass(100);
    expect((await load(b)).json).toMatchObject({ last_completed_sheet: 1 });
    stopping.abort();
  });
});
