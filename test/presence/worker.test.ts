import { describe, expect, it } from 'vitest';
import {
  createClient,
  runWorker,
  type Timing,
  type WorkerEvent,
  type WorkerOptions,
} from '../../lib/worker.ts';
import { claimed, JOB, load } from '../support/leasing.ts';
import { openStage, type Stage } from '../worker/stage.ts';
import { openPresenceService } from './harness.ts';
import { type Network, openNetwork } from './network.ts';

const MINUTE = 60_000;
const HALF = { fraction: () => 0.5 };
const BEATS = /lease$|heartbeats$/;

/** A worker at work on sheet 1 of `job-1`, with a service that has presence. */
async function openWorker({
  prepare,
  timing = exact => exact,
  ...options
}: Partial<Omit<WorkerOptions, 'timing'>> & {
  readonly prepare?: (network: Network) => void;
  readonly timing?: (timing: Timing) => Timing;
} = {}) {
  const service = openPresenceService();
  const network = openNetwork(request => service.fetch(request));
  prepare?.(network);
  const stage = openStage();
  const events: WorkerEvent[] = [];
  const stopping = new AbortController();
  await service.create();
  const done = runWorker({
    url: 'http://service.test',
    holder: 'w-1',
    onSheet: stage.onSheet,
    fetch: network.fetch,
    timing: timing(service.timing),
    random: HALF,
    signal: stopping.signal,
    handleSignals: false,
    onEvent: event => events.push(event),
    ...options,
  });
  done.catch(() => undefined);
  // The calls of a job take no time, but turns.
  for (let nth = 0; nth < 10; nth++) await service.pass(0);
  await service.pass(1000);
  const told = (type: WorkerEvent['type']) => events.filter(event => event.type === type);
  return { service, network, stage, events, told, done, stop: () => stopping.abort() };
}

/** The timers of Node fire up to a millisecond early. */
function aLittleEarly(timing: Timing): Timing {
  return {
    ...timing,
    after: (milliseconds, callback) => timing.after(Math.max(1, milliseconds - 1), callback),
  };
}

function beatsOf({ calls }: Network, since = 0): readonly string[] {
  return calls.slice(since).filter(call => BEATS.test(call) && !call.startsWith('DELETE'));
}

function contextOf(stage: Stage) {
  return stage.last().context;
}

describe('a worker with a presence stream', () => {
  it('sends no heartbeat, and keeps its job', async () => {
    const { service, network, events, told } = await openWorker();
    await service.pass(20 * MINUTE);
    expect(beatsOf(network)).toEqual([]);
    expect(network.streams()).toBe(1);
    expect(told('presence')).toEqual([{ type: 'presence', isOpen: true, reason: null }]);
    expect(told('renewed').length).toBeGreaterThan(60);
    expect(events.map(({ type }) => type)).not.toContain('uncertain');
    expect(await claimed(service)).toBeNull();
  });

  it.each(['cancel', 'fail'])(
    'stops its sheet at once when an operator asks to %s',
    async action => {
      const { service, stage } = await openWorker();
      await service.ask('POST', `${JOB}/${action}`);
      await service.pass(10);
      expect(contextOf(stage).signal.reason).toMatchObject({ why: action });
    },
  );

  it('learns of a pause, and that it is withdrawn, within the sheet', async () => {
    const { service, stage, told } = await openWorker();
    await service.ask('POST', `${JOB}/pause`);
    await service.pass(10);
    expect(told('requested')).toMatchObject([{ requested: 'pause' }]);
    await service.ask('POST', `${JOB}/resume`);
    await service.pass(10);
    stage.last().finish();
    await service.pass(10);
    expect(contextOf(stage).sheet).toBe(2);
  });

  it('learns at once that its lease was ended', async () => {
    const { service, stage, told } = await openWorker();
    await service.ask('POST', `${JOB}/cancel?force=true`);
    await service.pass(600);
    expect(contextOf(stage).signal.reason).toMatchObject({ why: 'lost' });
    stage.last().finish();
    await service.pass(10);
    expect(told('lost')).toMatchObject([{ by: 'refused' }]);
  });

  it('sends new progress with a heartbeat, and each progress once', async () => {
    const { service, network, stage } = await openWorker();
    contextOf(stage).progress('row 1');
    await service.pass(5 * MINUTE);
    const beats = beatsOf(network);
    expect(beats).toEqual([`PUT ${JOB}/lease`]);
    contextOf(stage).progress('row 2');
    await service.pass(MINUTE);
    expect(beatsOf(network)).toHaveLength(2);
    expect((await service.ask('GET', `${JOB}/why`)).json).toMatchObject({
      lease: { progress: 'row 2' },
    });
  });

  it('makes no call of presence for jobs that end soon', async () => {
    const { network, told } = await openWorker({ onSheet: () => undefined });
    expect(told('finished')).toHaveLength(1);
    expect(network.calls.filter(call => call.includes('presence'))).toEqual([]);
  });

  it('has its job on the stream from the first event on, although timers fire a little early', async () => {
    const silent = (): Promise<Response> => new Promise(() => undefined);
    const prepare = (network: Network) => network.answer(/^PUT .*presence/, silent);
    const { service, network } = await openWorker({ timing: aLittleEarly, prepare });
    expect(network.streams()).toBe(1);
    network.answer(/./, silent);
    network.cut();
    await service.pass(3000);
    expect(await claimed(service)).toBe('job-1');
  });

  it('has one stream for all its jobs, and leaves those that are over', async () => {
    const { service, network, stage, told } = await openWorker({ concurrency: 3, pollSeconds: 1 });
    await service.create('job-2');
    await service.pass(5000);
    expect(stage.performances).toHaveLength(2);
    for (const played of stage.performances) played.finish();
    await service.pass(100);
    for (const played of stage.performances.slice(2)) played.finish();
    await service.pass(MINUTE);
    expect(network.calls.filter(call => call === 'POST /v1/presence')).toHaveLength(1);
    expect(told('lost')).toEqual([]);
    expect(told('error')).toEqual([]);
  });

  it('closes its stream when it has had no job for a while', async () => {
    const { service, network, stage, told } = await openWorker();
    while (told('finished').length === 0) {
      stage.last().finish();
      await service.pass(10);
    }
    await service.pass(20_000);
    expect(network.streams()).toBe(1);
    await service.pass(20_000);
    expect(network.streams()).toBe(0);
  });

  it('ends with its stream closed and no timer left', async () => {
    const { service, network, stage, stop, done } = await openWorker();
    stop();
    stage.last().finish();
    await service.pass(1000);
    await done;
    expect(network.streams()).toBe(0);
    // The service looks once more for renewals to store.
    await service.pass(MINUTE);
    expect(service.timing.pending()).toBe(0);
    expect((await load(service)).json).toMatchObject({ status: 'paused' });
  });
});

describe('a worker whose stream ends', () => {
  it('sends a heartbeat at once, keeps its job, and opens another stream', async () => {
    const { service, network, told } = await openWorker();
    await service.pass(MINUTE);
    const before = network.calls.length;
    network.cut();
    await service.pass(50);
    expect(beatsOf(network, before)).toEqual([`PUT ${JOB}/lease`]);
    await service.pass(5 * MINUTE);
    expect(told('presence').map(event => 'isOpen' in event && event.isOpen)).toEqual([
      true,
      false,
      true,
    ]);
    expect(await claimed(service)).toBeNull();
    expect(told('lost')).toEqual([]);
  });

  it('sends heartbeats to a service that stops, and to the next one', async () => {
    const { service, network, told } = await openWorker();
    await service.stop();
    await service.pass(10 * MINUTE);
    expect(beatsOf(network).length).toBeGreaterThan(25);
    expect(told('lost')).toEqual([]);
    expect(await claimed(service)).toBeNull();
  });

  it('gives up a stream whose events stop arriving', async () => {
    const { service, network, told } = await openWorker();
    await service.pass(MINUTE);
    network.holdBack();
    await service.pass(15_000);
    expect(told('presence')).toMatchObject([{ isOpen: true }, { isOpen: false }]);
    await service.pass(10 * MINUTE);
    expect(told('lost')).toEqual([]);
    expect(await claimed(service)).toBeNull();
  });

  it('keeps a stream whose first event came while the process stood still', async () => {
    let time: Timing | null = null;
    const { service, told } = await openWorker({
      timing(exact) {
        time = exact;
        return exact;
      },
      // Eight seconds after the call.
      prepare: network =>
        network.answer(/^POST .*presence$/, async request => {
          await new Promise<void>(resolve => time?.after(8_100, resolve));
          network.answer(/^POST .*presence$/, null);
          return network.fetch(request);
        }),
    });
    await service.timing.stall(7_200);
    await service.pass(1_000);
    expect(told('presence')).toMatchObject([{ isOpen: true }]);
  });

  it('opens another one when its confirmations are not known where they arrive', async () => {
    const { service, network, told } = await openWorker();
    network.answer(/^PUT .*presence/, () =>
      service.fetch(new Request('http://service.test/v1/presence/x', { method: 'PUT' })),
    );
    await service.pass(MINUTE);
    expect(told('lost')).toEqual([]);
    const opened = network.calls.filter(call => call === 'POST /v1/presence').length;
    // After some in a row it does without for a while.
    await service.pass(4 * MINUTE);
    const after = network.calls.filter(call => call === 'POST /v1/presence').length;
    expect([opened > 1, after <= 6]).toEqual([true, true]);
    expect(await claimed(service)).toBeNull();
  });
});

describe('a worker without a stream', () => {
  it.each([
    ['the service has none', 501, 'presence_unsupported'],
    ['the service is older', 404, 'not_found'],
  ])('sends heartbeats as %s', async (_, status, code) => {
    const { service, network, told } = await openWorker({
      prepare: between => between.answer(/presence/, async () => problem(status, code)),
    });
    await service.pass(4 * MINUTE);
    expect(beatsOf(network)).toHaveLength(12);
    expect(network.calls.filter(call => call.includes('presence'))).toHaveLength(1);
    await service.pass(10 * MINUTE);
    expect(network.calls.filter(call => call.includes('presence'))).toHaveLength(2);
    expect(told('lost')).toEqual([]);
    expect(await claimed(service)).toBeNull();
  });

  it('gives it up behind a proxy that collects the events, and keeps its job', async () => {
    const { service, network, told } = await openWorker({
      presenceGraceSeconds: 0,
      prepare: between => between.holdBack(),
    });
    await service.pass(5 * MINUTE);
    expect(told('lost')).toEqual([]);
    expect(await claimed(service)).toBeNull();
    expect(network.calls.filter(call => call === 'POST /v1/presence')).toHaveLength(1);
    expect(beatsOf(network).length).toBeGreaterThan(13);
  });

  it('does not ask for one that is turned off', async () => {
    const { service, network } = await openWorker({ presence: false });
    await service.pass(5 * MINUTE);
    expect(network.calls.filter(call => call.includes('presence'))).toEqual([]);
    expect(beatsOf(network).length).toBeGreaterThan(13);
  });
});

describe('a client', () => {
  it('leases for a second', async () => {
    const service = openPresenceService();
    await service.create();
    const client = createClient({
      url: 'http://service.test',
      fetch: request => service.fetch(request),
    });
    const { lease } = await client.acquire('job-1', { holder: 'w-1', ttlSeconds: 1 });
    expect(lease.ttl_seconds).toBe(1);
  });
});

function problem(status: number, code: string): Response {
  const type = `urn:dalsegno:problem:${code}`;
  const body = { type, title: 'T', status, code, detail: 'D' };
  const headers = { 'Content-Type': 'application/problem+json' };
  return new Response(JSON.stringify(body), { status, headers });
}
