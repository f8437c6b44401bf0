import { describe, expect, it } from 'vitest';
import { createForward } from '../../functions/cloudflare/objects/forward.ts';
import { seededRandom } from '../support/random.ts';

/** A request whose object does not answer. `fire` ends the time. */
function openHanging(method: string, headers: Record<string, string> = {}) {
  const waits: (() => void)[] = [];
  let calls = 0;
  const objects = {
    getByName: () => ({
      fetch() {
        calls += 1;
        return new Promise<never>(() => {});
      },
    }),
  };
  const timers = {
    after(_milliseconds: number, task: () => void) {
      waits.push(task);
      return () => {};
    },
  };
  const request = new Request('http://localhost/v1/jobs/job-1', { method, headers });
  const parts = { objects, random: seededRandom(1), pause: async () => {}, timers };
  const forward = createForward(request, parts);
  const body = method === 'GET' ? null : new Uint8Array([123, 125]);
  return {
    forwarded: forward({ name: 'job-1', requestId: 'r-1', body }),
    fire: () => {
      for (const wait of waits.splice(0)) wait();
    },
    calls: () => calls,
  };
}

describe('createForward() with an object that hangs', () => {
  it('leaves a read to the Worker', async () => {
    const { forwarded, fire, calls } = openHanging('GET');
    fire();
    expect(await forwarded).toEqual({ kind: 'undone' });
    expect(calls()).toBe(1);
  });

  it.each([{}, { 'If-Match': '"1"' }])('leaves a change unclear, once (%j)', async headers => {
    const { forwarded, fire, calls } = openHanging('PUT', headers);
    fire();
    expect(await forwarded).toEqual({ kind: 'unclear' });
    expect(calls()).toBe(1);
  });
});
