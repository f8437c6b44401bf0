import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { JobObjectsLike } from '../../../functions/cloudflare/bindings.ts';
import { type Answer, type AskOptions, answerOf, initOf } from '../../support/app.ts';
import { acquire, beat, type Held } from '../../support/leasing.ts';
import { aProblem } from '../../support/problem.ts';
import { aState } from '../../support/state.ts';
import worker, { envWithToken, other, token } from './main.ts';

const binding = env['PRESENCE_OBJECTS'] as JobObjectsLike;

async function fetchWorker(request: Request): Promise<Response> {
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  return worker.fetch(request, envWithToken(env), context);
}

const client = {
  async ask(method: string, path: string, options: AskOptions = {}): Promise<Answer> {
    const headers = { Authorization: `Bearer ${token.text}`, ...options.headers };
    const init = initOf(method, { ...options, headers });
    return answerOf(await fetchWorker(new Request(`http://localhost${path}`, init)));
  },
};

interface Received {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** On a busy machine messages take their time. */
const PATIENCE = { timeout: 60_000 };

let made = 0;

async function hold(ttlSeconds = 60): Promise<{ path: string; held: Held }> {
  made += 1;
  const jobId = `present-${made}`;
  const path = `/v1/jobs/${jobId}`;
  await client.ask('POST', '/v1/jobs', { json: aState({ job_id: jobId }) });
  return { path, held: await acquire(client, { path, ttl_seconds: ttlSeconds }) };
}

async function connect(path: string): Promise<Response> {
  const headers = { Upgrade: 'websocket' };
  return fetchWorker(new Request(`http://localhost${path}`, { headers }));
}

/** A worker that is connected, with the messages that it gets. */
async function openStream(tokens: readonly string[], json: Record<string, unknown> = {}) {
  const opened = await client.ask('POST', '/v1/presence', { json: { tokens, ...json } });
  const { socket: path } = opened.json as { socket: string };
  const { webSocket } = (await connect(path)) as Response & { webSocket: WebSocket | null };
  if (webSocket === null) throw new Error(`Cannot connect: ${opened.text}`);
  const texts: string[] = [];
  webSocket.addEventListener('message', ({ data }) => void texts.push(String(data)));
  Reflect.get(webSocket, 'accept').call(webSocket);
  const events = () =>
    texts.flatMap(text => (text.startsWith('{') ? [JSON.parse(text) as Received] : []));
  const told = (name: string) => events().filter(({ event }) => event === name);
  const heard = (name: string) => vi.waitUntil(() => told(name)[0]?.data, PATIENCE);
  const { id } = (await heard('open')) as { id: string };
  const object = binding.getByName(`presence-${/\/(\d)\./.exec(path)?.[1]}`);
  return { opened, path, socket: webSocket, texts, told, heard, id, object };
}

const expiryOf = async (path: string) => {
  const { json } = await client.ask('GET', `${path}/why`);
  return (json as { lease: { expires_at: string } | null }).lease?.expires_at ?? null;
};

const statusOf = async (path: string) =>
  ((await client.ask('GET', path)).json as { status: string }).status;

function pass(milliseconds: number): void {
  vi.setSystemTime(Date.now() + milliseconds);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], shouldAdvanceTime: true });
});

afterEach(async () => {
  vi.useRealTimers();
  await abortAllDurableObjects();
});

describe('POST /v1/presence', () => {
  it('says where to connect, and the first event has an answer for each token', async () => {
    const { held } = await hold();
    const { opened, heard } = await openStream([held.token, 'dsl_wrong'], { grace_ms: 700 });
    expect(opened.status).toBe(201);
    expect(opened.json).toEqual({
      socket: expect.stringMatching(/^\/v1\/presence\/\d\.[\w-]{43}$/),
      expires_in_ms: 10_000,
      server_time: expect.any(String),
    });
    expect(opened.header('cache-control')).toBe('no-store');
    expect(await heard('open')).toMatchObject({
      grace_ms: 700,
      ping_ms: 4000,
      silent_ms: 9000,
      leases: [
        { ok: true, lease: { lease_id: held.leaseId } },
        { ok: false, code: 'invalid' },
      ],
    });
  });

  it('makes a connection possible once, and for ten seconds', async () => {
    const { path } = await openStream([]);
    const late = (await client.ask('POST', '/v1/presence', { json: {} })).json as {
      socket: string;
    };
    const again = await answerOf(await connect(path));
    expect(again).toMatchObject({ status: 404, json: { code: 'presence_not_found' } });
    pass(10_000);
    await runDurableObjectAlarm(binding.getByName(`presence-${/\/(\d)\./.exec(path)?.[1]}`));
    expect((await connect(late.socket)).status).toBe(404);
  });

  it('answers what is wrong with it as everywhere', async () => {
    const answered = await client.ask('POST', '/v1/presence', { json: { grace_ms: -1 } });
    expect(answered).toMatchObject(aProblem({ status: 422, code: 'invalid' }));
    const headers = { Authorization: 'Bearer dsa_unknown' };
    const unknown = await client.ask('POST', '/v1/presence', { json: {}, headers });
    expect(unknown.status).toBe(401);
  });
});

describe('an object that hibernates', () => {
  it('keeps its connections, answers pings and renews the leases by its alarm', async () => {
    const { held } = await hold();
    const { object, socket, texts, told, heard } = await openStream([held.token]);
    await evictDurableObject(object);
    socket.send('ping');
    await vi.waitUntil(() => texts.includes('pong'), PATIENCE);
    // The ping has not woken it.
    await expect(evictDurableObject(object)).rejects.toThrow('not currently running');
    pass(8_000);
    await runDurableObjectAlarm(object);
    const renewed = await heard('renewed');
    expect(renewed).toMatchObject({ leases: [{ lease_id: held.leaseId }] });
    expect(told('closing')).toEqual([]);
  });

  it('takes changes of the stream, from the access token that opened it alone', async () => {
    const [first, second] = [await hold(), await hold()];
    const { object, id, socket, heard } = await openStream([first.held.token]);
    await evictDurableObject(object);
    const json = { tokens: [second.held.token], remove: [first.held.token] };
    const changed = await client.ask('PUT', `/v1/presence/${id}`, { json });
    expect(changed.json).toMatchObject({ leases: [{ ok: true }] });
    const headers = { Authorization: `Bearer ${other.text}` };
    const refused = await client.ask('PUT', `/v1/presence/${id}`, { headers });
    expect(refused).toMatchObject(aProblem({ status: 404, code: 'presence_not_found' }));
    await evictDurableObject(object);
    socket.send('ping');
    await runDurableObjectAlarm(object);
    const leases = [{ lease_id: second.held.leaseId }];
    expect((await heard('renewed'))?.['leases']).toMatchObject(leases);
  });

  it('says what an operator requests at once, and a moment later that a lease is over', async () => {
    const [paused, ended] = [await hold(), await hold()];
    const { object, heard } = await openStream([paused.held.token, ended.held.token]);
    await evictDurableObject(object);
    await client.ask('POST', `${paused.path}/pause`, { json: { error_message: 'soon' } });
    expect(await heard('request')).toMatchObject({
      lease_id: paused.held.leaseId,
      requested: 'pause',
      request_message: 'soon',
    });
    await client.ask('DELETE', `${ended.path}/lease`, { headers: ended.held.headers });
    expect(await heard('lease_lost')).toEqual({ lease_id: ended.held.leaseId });
  });

  it('says what an operator requests with the next renewal, and that a lease is over', async () => {
    const [paused, ended] = [await hold(), await hold()];
    const { object, heard } = await openStream([paused.held.token, ended.held.token]);
    await client.ask('POST', `${paused.path}/pause`, { json: { error_message: 'soon' } });
    await client.ask('DELETE', `${ended.path}/lease`, { headers: ended.held.headers });
    await evictDurableObject(object);
    pass(8_000);
    await runDurableObjectAlarm(object);
    expect(await heard('request')).toMatchObject({
      lease_id: paused.held.leaseId,
      requested: 'pause',
      request_message: 'soon',
    });
    expect(await heard('lease_lost')).toEqual({ lease_id: ended.held.leaseId });
  });

  it('ends the leases after the grace when a connection breaks while it hibernates', async () => {
    const { path, held } = await hold();
    const { object, socket } = await openStream([held.token], { grace_ms: 100 });
    await evictDurableObject(object);
    pass(1_000);
    socket.close(1000, 'gone');
    await vi.waitUntil(async () => {
      pass(100);
      return (await statusOf(path)) === 'paused';
    }, PATIENCE);
    expect(await statusOf(path)).toBe('paused');
  });

  it('keeps the lease of a worker that sends a heartbeat within the grace', async () => {
    const { path, held } = await hold();
    const { object, socket } = await openStream([held.token], { grace_ms: 2000 });
    const before = await expiryOf(path);
    await evictDurableObject(object);
    pass(1_000);
    socket.close(1000, 'gone');
    await vi.waitUntil(async () => (await expiryOf(path)) !== before, PATIENCE);
    expect((await beat(client, held, path)).status).toBe(200);
    pass(3_000);
    expect(Date.parse((await expiryOf(path)) ?? '') - Date.now()).toBeGreaterThan(50_000);
    expect(await statusOf(path)).toBe('running');
  });

  it('ends a silent stream: its leases end one ttl after the last sign of its worker', async () => {
    const { path, held } = await hold();
    const { object, heard } = await openStream([held.token]);
    const openedAt = Date.now();
    pass(17_000);
    await runDurableObjectAlarm(object);
    expect(await heard('closing')).toEqual({ reason: 'silent' });
    await vi.waitUntil(async () => {
      const endsAt = Date.parse((await expiryOf(path)) ?? '');
      return Math.abs(endsAt - openedAt - 60_000) < 2_000;
    }, PATIENCE);
    expect(await statusOf(path)).toBe('running');
  });

  it('leaves the leases their ttl when its connections were closed with it', async () => {
    const { path, held } = await hold();
    const { object, id } = await openStream([held.token]);
    const before = await expiryOf(path);
    await evictDurableObject(object, { webSockets: 'close' });
    pass(17_000);
    await runDurableObjectAlarm(object);
    expect(await expiryOf(path)).toBe(before);
    const changed = await client.ask('PUT', `/v1/presence/${id}`);
    expect(changed.status).toBe(404);
  });
});

describe('two streams', () => {
  it('a lease is kept by the one that asked last: the end of the other does nothing', async () => {
    const { path, held } = await hold();
    const first = await openStream([held.token], { grace_ms: 0 });
    const second = await openStream([held.token], { grace_ms: 0 });
    pass(1_000);
    first.socket.close(1000, 'gone');
    await evictDurableObject(second.object);
    second.socket.send('ping');
    await runDurableObjectAlarm(second.object);
    await second.heard('renewed');
    expect(Date.parse((await expiryOf(path)) ?? '') - Date.now()).toBeGreaterThan(50_000);
  });
});
