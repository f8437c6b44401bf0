import { describe, expect, it } from 'vitest';
import { passUpgradeOn } from '../../functions/cloudflare/objects/upgrade.ts';

const opening = () =>
  new Request('http://localhost/v1/presence/streams/s-1/socket', {
    headers: { Upgrade: 'websocket' },
  });

const objectsThat = (fetch: () => Promise<Response>) => ({ getByName: () => ({ fetch }) });

const seen = async (response: Response) => [
  response.status,
  response.headers.get('retry-after'),
  ((await response.json()) as { code: string }).code,
];

describe('passUpgradeOn()', () => {
  it('answers what the object does', async () => {
    const answer = new Response(null, { status: 204 });
    const objects = objectsThat(async () => answer);
    expect(await passUpgradeOn(opening(), { objects, name: 'a' })).toBe(answer);
  });

  it('answers 503 after ten seconds where the object hangs', async () => {
    const waits: number[] = [];
    const timers = {
      after(milliseconds: number, task: () => void) {
        waits.push(milliseconds);
        queueMicrotask(task);
        return () => {};
      },
    };
    const objects = objectsThat(() => new Promise(() => {}));
    const response = await passUpgradeOn(opening(), { objects, name: 'a', timers });
    expect(await seen(response)).toEqual([503, '1', 'store_unavailable']);
    expect(waits).toEqual([10_000]);
  });

  it('answers 503 where the object is overloaded, and asks it once', async () => {
    let calls = 0;
    const objects = objectsThat(() => {
      calls += 1;
      const error = new Error('Durable Object is overloaded. Too many requests queued.');
      return Promise.reject(Object.assign(error, { overloaded: true }));
    });
    const response = await passUpgradeOn(opening(), { objects, name: 'a' });
    expect(await seen(response)).toEqual([503, '1', 'store_unavailable']);
    expect(calls).toBe(1);
  });
});
