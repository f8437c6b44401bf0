import { describe, expect, it } from 'vitest';
import { ABSENT, atVersion, StoreError, UNCONDITIONAL, type Version } from '../../../lib/store.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { collect, write } from '../../conformance/write.ts';
import {
  createFakeS3,
  type Dialect,
  document,
  FAKE_ADDRESS,
  failure,
} from '../../support/s3/fake.ts';
import { type Incident, incidentsOn } from '../../support/s3/incidents.ts';
import { openS3 } from '../../support/s3/open-s3.ts';

const KEY = 'jobs/a.json';
const BROKEN = new TypeError('fetch failed', { cause: new Error('other side closed') });

const refuse =
  (status: number, code: string): Incident =>
  async (_, { method }) =>
    failure(status, code, method);
const busy = refuse(503, 'SlowDown');
const broken: Incident = async () => {
  throw BROKEN;
};
const lost: Incident = async call => {
  await call();
  throw BROKEN;
};

function after(task: () => Promise<unknown>, incident: Incident): Incident {
  return async (call, request) => {
    await task();
    return incident(call, request);
  };
}

/** A store whose first requests meet these incidents, by their method, and a rival that meets none. */
function worldWith(incidents: Partial<Record<string, Incident[]>>, dialect: Dialect = {}) {
  const fake = createFakeS3(dialect);
  const pauses: number[] = [];
  const store = openS3(FAKE_ADDRESS, {
    fetch: incidentsOn(fake, incidents),
    random: () => 1,
    delay: async ms => {
      pauses.push(ms);
    },
  });
  return { store, pauses, rival: openS3(FAKE_ADDRESS, { fetch: fake.fetch }), fake };
}

describe('requests that the server refuses for now', () => {
  it.each([
    ['503 SlowDown', busy],
    ['429', refuse(429, 'TooManyRequests')],
    ['409, a write of the same key', refuse(409, 'ConditionalRequestConflict')],
    ['500', refuse(500, 'InternalError')],
    ['408', refuse(408, 'RequestTimeout')],
    ['no answer', broken],
  ])('put() is tried again after %s', async (_, incident) => {
    const { store, pauses, rival } = worldWith({ PUT: [incident, incident] });
    expect(await store.put(KEY, bodyOf('one'), ABSENT)).not.toBeNull();
    expect(textOf((await rival.get(KEY))?.body)).toBe('one');
    expect(pauses).toEqual([200, 400]);
  });

  it.each(['get', 'head', 'delete', 'list'])('%s() is tried again', async method => {
    const { store, rival } = worldWith({ [method.toUpperCase()]: [busy, broken] });
    await write(rival, KEY, 'one');
    expect(textOf((await store.get(KEY))?.body)).toBe('one');
    expect(await store.head(KEY)).not.toBeNull();
    expect(await collect(store.list('jobs/'))).toHaveLength(1);
    expect(await store.delete(KEY, UNCONDITIONAL)).toBe(true);
  });

  it.each([
    ['403 AccessDenied', 403, 'AccessDenied'],
    ['404 NoSuchBucket', 404, 'NoSuchBucket'],
    ['400', 400, 'InvalidArgument'],
    ['501', 501, 'NotImplemented'],
    ['301', 301, 'PermanentRedirect'],
  ])('put() fails immediately after %s', async (_, status, code) => {
    const { store, pauses } = worldWith({ PUT: [refuse(status, code)] });
    const error = await failureOf(store.put(KEY, bodyOf('one'), UNCONDITIONAL));
    expect(error.message).toBe(
      `Cannot write "s3://states/${KEY}": the server answered ${status} ${code}: Told by the test`,
    );
    expect(pauses).toEqual([]);
  });

  it('put() says in which region the bucket is, where the server says it', async () => {
    const { store } = worldWith({
      PUT: [
        async () =>
          failure(301, 'PermanentRedirect', 'PUT', { 'x-amz-bucket-region': 'eu-west-1' }),
      ],
    });
    const error = await failureOf(store.put(KEY, bodyOf('one'), ABSENT));
    expect(error.message).toContain('(the bucket is in eu-west-1)');
  });

  it('put() fails when the pauses reach ten seconds', async () => {
    const { store, pauses } = worldWith({ PUT: Array.from({ length: 99 }, () => busy) });
    await failureOf(store.put(KEY, bodyOf('one'), ABSENT));
    expect(pauses).toEqual([200, 400, 800, 1_600, 3_000, 3_000]);
  });

  it('get() says that the bucket is missing, and not the object', async () => {
    const { store } = worldWith({ GET: [refuse(404, 'NoSuchBucket')] });
    expect((await failureOf(store.get(KEY))).message).toContain('NoSuchBucket');
  });
});

describe('lost answers', () => {
  it.each([
    ['the server was cut off', lost],
    [
      'a proxy answered 502',
      async (call: () => Promise<unknown>) => {
        await call();
        return new Response('<html>Bad gateway', { status: 502 });
      },
    ],
    [
      'the answer had no etag',
      async (call: () => Promise<unknown>) => {
        await call();
        return new Response(null, { status: 200 });
      },
    ],
  ])('put() returns the version when the try had succeeded and %s', async (_, incident) => {
    const { store, rival } = worldWith({ PUT: [incident, incident] });
    const created = await store.put(KEY, bodyOf('one'), ABSENT, 'label');
    expect(created).toBe(await rival.head(KEY));
    const replaced = await store.put(KEY, bodyOf('two'), at(created), 'label');
    expect(replaced).toBe(await rival.head(KEY));
    expect(textOf((await rival.get(KEY))?.body)).toBe('two');
  });

  it('put() returns null when a rival replaced the version that the lost try had to replace', async () => {
    const incidents: Incident[] = [];
    const { store, rival } = worldWith({ PUT: incidents });
    const first = await write(rival, KEY, 'one');
    incidents.push(after(() => rival.put(KEY, bodyOf('two'), atVersion(first)), broken));
    expect(await store.put(KEY, bodyOf('six'), atVersion(first))).toBeNull();
    expect(textOf((await rival.get(KEY))?.body)).toBe('two');
  });

  it('put() returns null when a rival wrote the same bytes first', async () => {
    const incidents: Incident[] = [];
    const { store, rival } = worldWith({ PUT: incidents });
    incidents.push(after(() => rival.put(KEY, bodyOf('one'), ABSENT), broken));
    expect(await store.put(KEY, bodyOf('one'), ABSENT)).toBeNull();
  });

  it.each([
    ['replaced', 'replaced'],
    ['deleted', 'deleted'],
  ])(
    'put() says that it cannot tell when a rival has %s what the lost try wrote',
    async (_, how) => {
      const incidents: Incident[] = [];
      const { store, rival } = worldWith({ PUT: incidents });
      const first = await write(rival, KEY, 'one');
      incidents.push(async call => {
        await call();
        if (how === 'deleted') await rival.delete(KEY, UNCONDITIONAL);
        else await write(rival, KEY, 'three');
        throw BROKEN;
      });
      const error = await failureOf(store.put(KEY, bodyOf('two'), atVersion(first)));
      expect(error.message).toContain('does not show whether it succeeded');
    },
  );

  it('put() refuses when its own answer came, and was a refusal', async () => {
    const { store, rival } = worldWith({});
    await write(rival, KEY, 'one');
    expect(await store.put(KEY, bodyOf('two'), ABSENT)).toBeNull();
  });

  it.each(['yes', 'ignored', 'refused'] as const)(
    'delete() returns true when the lost try succeeded, where a condition is: %s',
    async conditionalDelete => {
      const { store, rival, fake } = worldWith({ DELETE: [lost] }, { conditionalDelete });
      const version = await write(rival, KEY, 'one');
      expect(await store.delete(KEY, atVersion(version))).toBe(true);
      expect(fake.objects.size).toBe(0);
    },
  );

  it('delete() loses no write that comes between, where the server knows the condition', async () => {
    const incidents: Incident[] = [];
    const { store, rival } = worldWith({ DELETE: incidents }, { conditionalDelete: 'yes' });
    const version = await write(rival, KEY, 'one');
    incidents.push(async call => {
      await write(rival, KEY, 'two');
      return call();
    });
    expect(await store.delete(KEY, atVersion(version))).toBe(false);
    expect(textOf((await rival.get(KEY))?.body)).toBe('two');
  });
});

describe('broken answers', () => {
  it('list() is tried again when its XML breaks off, and fails when it is none', async () => {
    const { store, rival } = worldWith({
      LIST: [
        async call => document((await (await call()).text()).slice(0, -9)),
        ...Array.from({ length: 99 }, () => async () => document('<html><br></html>')),
      ],
    });
    await write(rival, KEY, 'one');
    const error = await failureOf(collect(store.list('jobs/')));
    expect(error.message).toContain('the XML ends <html> out of place');
  });

  it('list() fails when the pages come back to one that was there', async () => {
    const { store, rival } = worldWith({
      LIST: Array.from(
        { length: 99 },
        () => async () =>
          document(
            '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken></ListBucketResult>',
          ),
      ),
    });
    await write(rival, KEY, 'one');
    const error = await failureOf(collect(store.list('jobs/')));
    expect(error.message).toContain('the next page is the same one');
  });

  it('list() leaves out an object that goes between its page and the look at its label', async () => {
    const incidents: Incident[] = [];
    const { store, rival } = worldWith({ HEAD: incidents });
    await write(rival, KEY, 'one');
    incidents.push(
      after(
        () => rival.delete(KEY, UNCONDITIONAL),
        call => call(),
      ),
    );
    expect(await collect(store.list('jobs/'))).toEqual([]);
  });
});

function at(version: Version | null) {
  if (version === null) throw new Error('Nothing is stored');
  return atVersion(version);
}

async function failureOf(promise: Promise<unknown>): Promise<StoreError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
}
