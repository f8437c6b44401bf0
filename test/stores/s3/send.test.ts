import { describe, expect, it } from 'vitest';
import { ABSENT, UNCONDITIONAL } from '../../../lib/store.ts';
import type { S3Credentials } from '../../../lib/stores/s3/send.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { createFakeS3, FAKE_ADDRESS, type FakeRequest, failure } from '../../support/s3/fake.ts';
import { openS3 } from '../../support/s3/open-s3.ts';
import { serveS3 } from '../../support/s3/serve.ts';

const KEY = 'jobs/a.json';
const NOW_MS = Date.UTC(2026, 10, 28, 10);
const HOUR_MS = 3_600_000;

/** A server that answers 403 where the request is signed for another time than its own. */
function strictClock(serverMs: () => number, seen: string[] = []) {
  const fake = createFakeS3();
  return async (request: FakeRequest): Promise<Response> => {
    const signedAt = request.headers.get('X-Amz-Date') ?? '';
    seen.push(signedAt);
    const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(signedAt) ?? [];
    const [, year = '', month, day, hour, minute, second] = parts;
    const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    const headers = { Date: new Date(serverMs()).toUTCString() };
    if (Math.abs(serverMs() - at) <= 15 * 60_000) return fake.answer(request);
    return failure(403, 'RequestTimeTooSkewed', request.method, headers);
  };
}

function storeOn(
  answer: (request: FakeRequest) => Promise<Response>,
  options: Parameters<typeof openS3>[1] = {},
) {
  return openS3(FAKE_ADDRESS, {
    fetch: (url, { method, headers, body }) =>
      answer({ method, url, headers, body: body ?? new Uint8Array() }),
    ...options,
  });
}

describe('clocks', () => {
  it.each([
    ['ahead', HOUR_MS],
    ['behind', -HOUR_MS],
  ])('a clock that is an hour %s is corrected once, for all later requests', async (_, offMs) => {
    const seen: string[] = [];
    const store = storeOn(
      strictClock(() => NOW_MS, seen),
      { now: () => NOW_MS + offMs },
    );
    // The answer to a HEAD says nothing but its status and the time.
    expect(await store.head(KEY)).toBeNull();
    expect(await store.put(KEY, bodyOf('one'), ABSENT)).not.toBeNull();
    expect(seen.slice(1)).toEqual(['20261128T100000Z', '20261128T100000Z']);
  });

  it('a clock that jumps later is corrected again', async () => {
    let now = NOW_MS;
    const store = storeOn(
      strictClock(() => NOW_MS),
      { now: () => now },
    );
    expect(await store.head(KEY)).toBeNull();
    now += 24 * HOUR_MS;
    expect(await store.head(KEY)).toBeNull();
    now = NOW_MS;
    expect(await store.head(KEY)).toBeNull();
  });

  it('a server that refuses its own time is believed, after two tries', async () => {
    let tries = 0;
    const store = storeOn(
      async ({ method }) => {
        tries += 1;
        return failure(403, 'RequestTimeTooSkewed', method, { Date: new Date(0).toUTCString() });
      },
      { now: () => NOW_MS },
    );
    await expect(store.get(KEY)).rejects.toThrow('403 RequestTimeTooSkewed');
    expect(tries).toBe(2);
  });
});

describe('credentials', () => {
  const OLD: S3Credentials = { accessKeyId: 'OLD', secretAccessKey: 'a', sessionToken: 'expired' };
  const NEW: S3Credentials = { accessKeyId: 'NEW', secretAccessKey: 'b', sessionToken: 'token' };

  /** A server that knows the new ones alone. */
  const knowsNew =
    (code: string) =>
    async (request: FakeRequest): Promise<Response> => {
      const { headers, method } = request;
      const isNew = headers.get('Authorization')?.includes('Credential=NEW/') === true;
      if (isNew && headers.get('X-Amz-Security-Token') === 'token') return KNOWN.answer(request);
      return failure(method === 'HEAD' ? 403 : 400, code, method);
    };
  const KNOWN = createFakeS3();

  it.each(['ExpiredToken', 'InvalidToken', 'InvalidAccessKeyId'])(
    'those that the server refuses as %s are asked for again',
    async code => {
      const asked: (string | null)[] = [];
      const store = storeOn(knowsNew(code), {
        async credentials(rejected) {
          asked.push(rejected?.accessKeyId ?? null);
          return rejected === null ? OLD : NEW;
        },
      });
      expect(await store.put(KEY, bodyOf('one'), UNCONDITIONAL)).not.toBeNull();
      expect(await store.head(KEY)).not.toBeNull();
      expect(asked).toEqual([null, 'OLD', null, 'OLD']);
    },
  );

  it('those that stay the same are not tried again', async () => {
    let tries = 0;
    const store = storeOn(
      async request => {
        tries += 1;
        return knowsNew('ExpiredToken')(request);
      },
      { credentials: async () => OLD },
    );
    await expect(store.get(KEY)).rejects.toThrow('400 ExpiredToken');
    expect(tries).toBe(1);
  });

  it('nothing of them is in what an error says', async () => {
    const store = storeOn(knowsNew('ExpiredToken'), {
      credentials: async () => ({ accessKeyId: 'OLD', secretAccessKey: 'very-secret-text' }),
    });
    const error: unknown = await store.get(KEY).catch((reason: unknown) => reason);
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toMatch(/very-secret|OLD/);
  });
});

describe('connections', () => {
  it('put() finds its result when the server is cut off between the request and its answer', async () => {
    const fake = createFakeS3();
    let cuts = 0;
    const served = await serveS3(async request => {
      const answer = await fake.answer(request);
      cuts += 1;
      return request.method === 'PUT' && cuts < 3 ? null : answer;
    });
    const store = openS3(served.address);
    const version = await store.put(KEY, bodyOf('one'), ABSENT);
    expect(version).toBe(await store.head(KEY));
    expect(textOf((await store.get(KEY))?.body)).toBe('one');
    expect(fake.requests.slice(0, 3)).toEqual([`PUT ${KEY}`, `PUT ${KEY}`, `PUT ${KEY}`]);
    await served.stop();
  });

  it('get() fails when the answer does not come in time', async () => {
    let tries = 0;
    const served = await serveS3(() => new Promise(() => {}));
    const store = openS3(served.address, {
      timeoutMs: 20,
      fetch: (url, init) => {
        tries += 1;
        return fetch(url, init);
      },
      // The last pause ends the tries.
      random: () => 60,
    });
    await expect(store.get(KEY)).rejects.toThrow('no answer within 1 s');
    expect(tries).toBe(1);
    await served.stop();
  });

  it('get() fails, and says why, when nobody listens', async () => {
    const served = await serveS3(async () => null);
    await served.stop();
    const store = openS3(served.address, { random: () => 60 });
    await expect(store.get(KEY)).rejects.toThrow(/^Cannot read "s3:.*ECONNREFUSED/);
  });
});
