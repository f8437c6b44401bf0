import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../lib/base/random.ts';
import { createDoctor, type Diagnosis } from '../../../lib/doctor/doctor.ts';
import { createHealthCheck } from '../../../lib/doctor/health.ts';
import { createProcessMemory } from '../../../lib/storage/process-memory.ts';
import { ABSENT, atVersion, type ObjectStore, UNCONDITIONAL } from '../../../lib/store.ts';
import type { Fetch } from '../../../lib/stores/s3/send.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { collect, write } from '../../conformance/write.ts';
import {
  createFakeS3,
  type Dialect,
  document,
  FAKE_ADDRESS,
  failure,
} from '../../support/s3/fake.ts';
import { openS3 } from '../../support/s3/open-s3.ts';

const KEY = 'jobs/a.json';
type Init = Parameters<Fetch>[1];

/** A store on a bucket behind something that changes requests or answers, and one on the bucket itself. */
function behind(
  between: (
    call: (init?: Init, url?: string) => Promise<Response>,
    init: Init,
    url: string,
  ) => Promise<Response>,
  dialect: Dialect = {},
) {
  const fake = createFakeS3(dialect);
  const store = openS3(FAKE_ADDRESS, {
    fetch: (url, init) => between((own = init, at = url) => fake.fetch(at, own), init, url),
  });
  return { store, fake, plain: openS3(FAKE_ADDRESS, { fetch: fake.fetch }) };
}

function examine(store: ObjectStore): Promise<Diagnosis> {
  const { verdict } = createProcessMemory({ cacheBytes: 1_000_000 });
  const doctor = createDoctor({ store, random: systemRandom, verdict, record: () => {} });
  return doctor.examine({ listKeys: 3 });
}

function faults({ checks }: Diagnosis): string[] {
  return checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`);
}

const isList = (url: string) => url.includes('list-type');

function withoutHeaders(init: Init, begin: string): Init {
  const headers = new Headers([...init.headers].filter(([name]) => !name.startsWith(begin)));
  return { ...init, headers };
}

describe('a proxy that sends each write twice', () => {
  const twice = () =>
    behind(
      async (call, { method }) => {
        if (method === 'PUT' || method === 'DELETE') await call();
        return call();
      },
      { conditionalDelete: 'yes' },
    );

  it('put() finds out that the refusal was one of its own repetition', async () => {
    const { store, plain } = twice();
    const first = await store.put(KEY, bodyOf('one'), ABSENT, 'label');
    expect(first).toBe(await plain.head(KEY));
    const second = await store.put(
      KEY,
      bodyOf('two'),
      atVersion(first ?? (await write(plain, KEY, ''))),
      'label',
    );
    expect(second).not.toBeNull();
    expect(second).toBe(await plain.head(KEY));
    expect(await store.put(KEY, bodyOf('three'), ABSENT)).toBeNull();
    expect(textOf((await plain.get(KEY))?.body)).toBe('two');
  });

  it('does not make a server unsafe', async () => {
    const { store } = twice();
    expect(faults(await examine(store))).toEqual([]);
  });

  it('delete() succeeds where the server says 412 of an object that is gone', async () => {
    const { store, plain, fake } = behind(async (call, { method }) => {
      const answer = await call();
      if (method !== 'DELETE') return answer;
      return failure(412, 'PreconditionFailed');
    });
    const version = await write(plain, KEY, 'one');
    expect(await store.delete(KEY, atVersion(version))).toBe(true);
    expect(fake.objects.size).toBe(0);
  });
});

describe('a server that says 409 for good where another write came first', () => {
  const stubborn = () =>
    behind(async call => {
      const answer = await call();
      return answer.status === 412 ? failure(409, 'ConditionalRequestConflict') : answer;
    });

  it('put() looks, and returns null without another try', async () => {
    const { store, plain, fake } = stubborn();
    const first = await write(plain, KEY, 'one');
    await write(plain, KEY, 'two');
    fake.requests.length = 0;
    expect(await store.put(KEY, bodyOf('three'), atVersion(first))).toBeNull();
    expect(fake.requests).toEqual([`PUT ${KEY}`, `HEAD ${KEY}`]);
  });

  it('is found right', async () => {
    expect(faults(await examine(stubborn().store))).toEqual([]);
  });
});

describe('a server that takes few writes of a key', () => {
  it('is found right where one writer wins, and not all are answered', async () => {
    const { store } = behind(async (call, { body }) =>
      /^(created|swapped) [67]$/.test(textOf(body ?? undefined) ?? '')
        ? failure(429, 'TooManyRequests')
        : call(),
    );
    expect(faults(await examine(store))).toEqual([]);
  });

  it('is not found right where no writer is answered', async () => {
    const { store } = behind(async (call, { body }) =>
      (textOf(body ?? undefined) ?? '').startsWith('created')
        ? failure(429, 'TooManyRequests')
        : call(),
    );
    expect(faults(await examine(store))).toEqual([
      expect.stringMatching(/^the bucket: compare-and-swap: Cannot write .* 429 TooManyRequests/),
    ]);
  });
});

describe('a bucket that is gone', () => {
  it('is not ready', async () => {
    const { store } = behind(async (_, { method }) => failure(404, 'NoSuchBucket', method));
    const health = createHealthCheck({
      store,
      doctor: { allowsLeases: () => true, examine: () => examine(store) },
      writes: { faultOf: async () => null },
    });
    await expect(health.check()).rejects.toThrow('404 NoSuchBucket');
  });
});

describe('answers of 200 with an error in the body', () => {
  it.each(['PUT', 'DELETE'])('are none of a %s that was done', async method => {
    let isFirst = true;
    const { store, plain } = behind(async (call, init) => {
      if (init.method !== method || !isFirst) return call();
      isFirst = false;
      const answer = failure(200, 'InternalError');
      answer.headers.set('ETag', '"d41d8cd98f00b204e9800998ecf8427e"');
      return answer;
    });
    await store.put(KEY, bodyOf('one'), UNCONDITIONAL);
    expect(textOf((await plain.get(KEY))?.body)).toBe('one');
    await store.delete(KEY, UNCONDITIONAL);
    expect(await plain.get(KEY)).toBeNull();
  });
});

describe('caches before a server', () => {
  const cached = (isKept: (init: Init, url: string) => boolean) => {
    const kept = new Map<string, Response>();
    return behind(async (call, init, url) => {
      if (!isKept(init, url)) return call();
      const answer = kept.get(url) ?? (await call());
      kept.set(url, answer);
      return answer.clone();
    });
  };

  it.each<[string, (init: Init, url: string) => boolean, string]>([
    [
      'reads',
      ({ method }, url) => method === 'GET' && !isList(url),
      'read after write: the written object is not stored',
    ],
    ['looks', ({ method }) => method === 'HEAD', 'read after write: a look finds another version'],
    ['lists', (_, url) => isList(url), 'list of 3 keys: 0 of 3 keys were listed'],
  ])('of %s are found, and leases refused', async (_, isKept, fault) => {
    const diagnosis = await examine(cached(isKept).store);
    expect(faults(diagnosis)).toContain(fault);
    expect(diagnosis.leases).toBe(false);
  });
});

it('a cache before the second of two endpoints is found', async () => {
  const fake = createFakeS3();
  const kept = new Map<string, Response>();
  const store = openS3(FAKE_ADDRESS, {
    others: [{ ...FAKE_ADDRESS, endpoint: 'http://other.test' }],
    async fetch(url, init) {
      if (!url.startsWith('http://other.test') || init.method !== 'GET')
        return fake.fetch(url, init);
      const answer = kept.get(url) ?? (await fake.fetch(url, init));
      kept.set(url, answer);
      return answer.clone();
    },
  });
  expect(faults(await examine(store))).toEqual([
    '2 endpoints of the bucket: compare-and-swap: the written object is not stored',
  ]);
});

describe('servers that lack something on which no lease depends', () => {
  it('are told of where they drop the metadata', async () => {
    const { store } = behind((call, init) => call(withoutHeaders(init, 'x-amz-meta-')));
    const diagnosis = await examine(store);
    expect(faults(diagnosis)).toEqual([
      expect.stringContaining('labels: the server does not keep'),
    ]);
    expect(diagnosis.leases).toBe(true);
  });

  it('are told of where lists have other etags than objects', async () => {
    const { store } = behind(async (call, _, url) => {
      const answer = await call();
      return isList(url)
        ? document((await answer.text()).replaceAll('&quot;</ETag>', '-1&quot;</ETag>'))
        : answer;
    });
    const diagnosis = await examine(store);
    expect(faults(diagnosis)).toEqual([expect.stringContaining('versions in lists: the etags')]);
    expect(diagnosis.leases).toBe(true);
  });
});

describe('lists', () => {
  it('list() begins behind a key also where the server does not know that', async () => {
    const { store, plain } = behind(
      (call, init, url) => call(init, url.replace(/&start-after=[^&]*/, '')),
      { pageSize: 2 },
    );
    for (const name of ['a', 'b', 'c', 'd', 'e']) await write(plain, `jobs/${name}`, name);
    const found = await collect(store.list('jobs/', 'jobs/c'));
    expect(found.map(({ key }) => key)).toEqual(['jobs/d', 'jobs/e']);
  });

  it('list() fails where the server gives keys that do not have the prefix', async () => {
    const { store, plain } = behind((call, init, url) =>
      call(init, url.replace(/prefix=[^&]*/, 'prefix=')),
    );
    await write(plain, 'leases/a', 'one');
    await expect(collect(store.list('jobs/'))).rejects.toThrow('the server lists other keys');
  });

  it('list() takes white space around what a page says of itself', async () => {
    const { store, plain } = behind(async (call, _, url) => {
      const answer = await call();
      if (!isList(url)) return answer;
      return document((await answer.text()).replace(/(<IsTruncated>)(\w+)(<)/, '$1\n  $2 $3'));
    });
    await write(plain, KEY, 'one');
    expect(await collect(store.list('jobs/'))).toHaveLength(1);
  });

  it.each<[string, (key: string) => string, string]>([
    ['in the order of a language', key => key.toLowerCase(), 'the keys were listed out of order'],
    ['with other characters', key => key, '2 of 3 keys were listed'],
  ])('a server that lists keys %s is found wrong', async (how, orderOf, fault) => {
    const { store } = behind(async (call, _, url) => {
      const answer = await call();
      if (!isList(url)) return answer;
      const text = how.includes('other')
        ? (await answer.text()).normalize('NFD')
        : await answer.text();
      const entries = text.match(/<Contents>.*?<.Contents>/gs) ?? [];
      const ordered = entries.toSorted((left, right) => (orderOf(left) < orderOf(right) ? -1 : 1));
      return document(text.replace(entries.join(''), ordered.join('')));
    });
    expect(faults(await examine(store))).toContain(`list of 3 keys: ${fault}`);
  });

  it('list() leaves out keys that no URL has: a read would be one of another object', async () => {
    const { store, plain, fake } = behind(call => call());
    await write(plain, KEY, 'one');
    for (const key of ['jobs/../leases/a', 'jobs/./a.json', 'jobs/..', 'jobs/folder/']) {
      fake.objects.set(key, { body: new Uint8Array(), etag: '"a"', metadata: {} });
    }
    expect((await collect(store.list('jobs/'))).map(({ key }) => key)).toEqual([KEY]);
  });

  it('a server that lists a key twice is found wrong', async () => {
    const { store } = behind(async (call, _, url) => {
      const answer = await call();
      return isList(url)
        ? document((await answer.text()).replace(/<Contents>.*?<.Contents>/s, '$&$&'))
        : answer;
    });
    expect(faults(await examine(store))).toContain('list of 3 keys: 4 of 3 keys were listed');
  });
});
