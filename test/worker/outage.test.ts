import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createOutageWatch } from '../../lib/worker/outage.ts';
import { NoAnswerError, type WorkerEvent } from '../../lib/worker.ts';
import { seededRandom } from '../support/random.ts';
import { manualTiming } from './manual-timing.ts';
import { page, refused, requestLost } from './mishap.ts';
import { inTheMiddle } from './running-sheet.ts';
import { openStage } from './stage.ts';
import { openWorld } from './world.ts';

const RENEW = /^PUT \/v1\/jobs\/[^/]+\/lease$/;
const BEATS = /^POST \/v1\/heartbeats$/;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('a sheet', () => {
  it('goes on through an outage longer than its lease, and completes after it', async () => {
    const { world, worker, stage } = await inTheMiddle();
    world.stopServiceClock();
    world.befall(/./, requestLost);
    await world.timing.advance(HOUR);
    expect(stage.last().context.signal.aborted).toBe(false);
    world.mend();
    await world.timing.advance(MINUTE);
    stage.last().finish();
    await world.timing.advance(0);
    const moments = worker.story.filter(type => type !== 'error');
    expect(moments).toEqual([
      'claimed',
      'sheet-started',
      'uncertain',
      'certain',
      'sheet-completed',
      'sheet-started',
    ]);
  });

  it('tells since when its lease is uncertain, and when it is certain again', async () => {
    const { world, worker } = await inTheMiddle();
    world.stopServiceClock();
    world.befall(RENEW, requestLost);
    await world.timing.advance(59_999);
    expect(worker.told('uncertain')).toEqual([]);
    await world.timing.advance(1);
    expect(worker.told('uncertain')).toEqual([
      {
        type: 'uncertain',
        jobId: 'job-1',
        epoch: 1,
        since: '2026-03-04T05:07:07.000Z',
        expiresAt: '2026-03-04T05:07:07Z',
      },
    ]);
    await world.timing.advance(3 * MINUTE);
    world.mend();
    await world.timing.advance(20 * SECOND);
    expect(worker.told('certain')).toMatchObject([{ jobId: 'job-1', epoch: 1 }]);
    const [certain] = worker.told('certain');
    expect(certain?.afterMs).toBeGreaterThanOrEqual(3 * MINUTE);
    expect(certain?.afterMs).toBeLessThanOrEqual(3 * MINUTE + 20 * SECOND);
  });

  it('may be uncertain more than once', async () => {
    const { world, worker } = await inTheMiddle();
    world.stopServiceClock();
    for (const _ of [1, 2, 3]) {
      world.befall(RENEW, requestLost);
      await world.timing.advance(2 * MINUTE);
      world.mend();
      await world.timing.advance(MINUTE);
    }
    expect([worker.told('uncertain').length, worker.told('certain').length]).toEqual([3, 3]);
  });

  it('that ends in an outage waits for the service, and is written then', async () => {
    const { world, worker, stage } = await inTheMiddle();
    world.stopServiceClock();
    world.befall(/./, requestLost);
    await world.timing.advance(2 * MINUTE);
    stage.last().finish({ stdout: 'worth hours' });
    await world.timing.advance(HOUR);
    world.mend();
    await world.timing.advance(MINUTE);
    expect(worker.told('sheet-completed')).toHaveLength(1);
    expect(await world.load('job-1')).toMatchObject({
      sheets: { '1': { stdout_tail: 'worth hours' } },
    });
  });

  it('is told to stop when the job is in other hands after the outage', async () => {
    const { world, worker, stage } = await inTheMiddle();
    world.befall(RENEW, requestLost);
    await world.timing.advance(2 * MINUTE);
    await world.client.acquire('job-1', { holder: 'w-2' });
    expect(stage.last().context.signal.aborted).toBe(false);
    world.mend();
    await world.timing.advance(20 * SECOND);
    expect(stage.last().context.signal.reason).toMatchObject({ why: 'lost' });
    stage.last().finish();
    await world.timing.advance(0);
    expect(worker.told('lost')).toMatchObject([{ by: 'refused' }]);
    expect(worker.told('certain')).toEqual([]);
  });

  it('is asked for at its own pauses in an outage, however many there are', async () => {
    const world = openWorld();
    const stage = openStage();
    for (let job = 1; job <= 10; job += 1) await world.create(`job-${job}`);
    world.start({ onSheet: stage.onSheet, concurrency: 10, random: seededRandom(7) });
    await world.timing.advance(MINUTE);
    expect(stage.performances).toHaveLength(10);
    world.befall(/./, requestLost);
    await world.timing.advance(2 * MINUTE);
    const before = world.calls.length;
    await world.timing.advance(10 * MINUTE);
    // Of each job one in ten seconds or so, many of them together.
    expect(world.calls.length - before).toBeLessThan(250);
  });
});

describe('a service that renews a lease for no time at all', () => {
  it('is not asked without a pause', async () => {
    const { world, worker } = await inTheMiddle();
    world.befall(RENEW, async (_request, deliver) => {
      const text = await (await deliver()).text();
      const { server_time } = JSON.parse(text) as { server_time: string };
      const body = text.replace(/("expires_at":)"[^"]*"/g, `$1${JSON.stringify(server_time)}`);
      return new Response(body, { headers: { 'Content-Type': 'application/json' } });
    });
    await world.timing.advance(10 * MINUTE);
    expect(world.calls.filter(call => RENEW.test(call)).length).toBeLessThan(80);
    expect(worker.told('uncertain')).toHaveLength(1);
  });
});

describe('a clock that somebody sets', () => {
  it.each([HOUR, 365 * 24 * HOUR, -HOUR, -365 * 24 * HOUR])(
    'by %i ms costs a sheet nothing',
    async milliseconds => {
      const { world, worker, stage } = await inTheMiddle();
      world.timing.setWall(milliseconds);
      await world.timing.advance(10 * MINUTE);
      stage.last().finish();
      await world.timing.advance(0);
      expect(worker.story).toEqual([
        'claimed',
        'sheet-started',
        'sheet-completed',
        'sheet-started',
      ]);
      // Twenty seconds each, and one question more at the most.
      expect(world.calls.filter(call => RENEW.test(call)).length).toBeLessThanOrEqual(31);
    },
  );
});

describe('a worker that cannot reach its service', () => {
  it('tells so after the second try, and when it can again', async () => {
    const world = openWorld();
    world.befall(/./, requestLost, 3);
    const worker = world.start();
    await world.timing.advance(0);
    expect(worker.told('unreachable')).toEqual([]);
    await world.timing.advance(200);
    expect(worker.told('unreachable')).toMatchObject([{ url: 'http://service.test', failures: 2 }]);
    await world.timing.advance(10 * SECOND);
    expect(worker.told('reachable')).toMatchObject([{ url: 'http://service.test' }]);
  });

  it('tells so again at intervals that grow to an hour', async () => {
    const timing = manualTiming({ settle: async () => undefined });
    const told: WorkerEvent[] = [];
    const tried = createOutageWatch({
      url: 'http://service.test',
      timing,
      emit: event => told.push(event),
    });
    const counts: number[] = [];
    for (let minute = 1; minute <= 60 * 24; minute += 1) {
      tried(new NoAnswerError('GET /', 'fetch failed'));
      await timing.advance(MINUTE);
      counts.push(told.length);
    }
    expect([counts[1], counts[2], counts[59], counts.at(-1)]).toEqual([1, 2, 6, 29]);
  });

  it('tells no flood of a service that answers every other time', async () => {
    const world = openWorld();
    const stage = openStage();
    await world.create('job-1', 1);
    world.befallUpdate('completed', page(403));
    const worker = world.start({ onSheet: stage.onSheet });
    await world.timing.advance(0);
    stage.last().finish();
    await world.timing.advance(50 * MINUTE);
    expect(worker.told('unreachable').length).toBeGreaterThan(1);
    expect(worker.told('unreachable').length).toBeLessThan(10);
    expect(worker.told('reachable').length).toBeLessThan(10);
  });

  it('shows no secret of its URL', async () => {
    const world = openWorld();
    const worker = world.start({
      url: 'http://service.test/base/?key=secret',
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    });
    await world.timing.advance(SECOND);
    expect(worker.told('unreachable')).toMatchObject([{ url: 'http://service.test/base/' }]);
  });

  it('without onEvent warns of it, naming the URL, and once when it is there again', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const world = openWorld();
    world.befall(/./, requestLost, 40);
    world.start({ onEvent: undefined });
    await world.timing.advance(150);
    const said = () => warn.mock.calls.map(([text]) => String(text));
    expect(said()).toEqual([
      expect.stringMatching(/^dalsegno: .* http:\/\/service\.test, 2 tries .*fetch failed/),
    ]);
    await world.timing.advance(10 * MINUTE);
    const last = said().at(-1);
    expect(last).toMatch(/^dalsegno: the service at http:\/\/service\.test answers again, after/);
    expect(said().filter(text => text.includes('answers again'))).toHaveLength(1);
    expect(said().length).toBeLessThanOrEqual(4);
  });

  it('without onEvent says nothing where all is well', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => warn.mockRestore());
    const world = openWorld();
    await world.create('job-1');
    world.befall(BEATS, requestLost, 1);
    world.start({ onEvent: undefined });
    await world.timing.advance(MINUTE);
    expect(await world.load('job-1')).toMatchObject({ status: 'completed' });
    expect(warn).not.toHaveBeenCalled();
  });

  it('waits no longer than a minute for what a Retry-After says', async () => {
    const world = openWorld();
    await world.create('job-1', 1);
    const later = refused(503, 'store_unavailable', { 'Retry-After': '999999999' });
    world.befall(/./, later, 1);
    const worker = world.start();
    await world.timing.advance(MINUTE + 10 * SECOND);
    expect(worker.story).toContain('finished');
  });
});
