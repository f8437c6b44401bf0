import { describe, expect, it } from 'vitest';
import { ABSENT, atVersion, StoreError, type Version } from '../../../lib/store.ts';
import { createEtagForm } from '../../../lib/stores/s3/etag-form.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { write } from '../../conformance/write.ts';
import { createFakeS3, type Dialect, FAKE_ADDRESS, failure } from '../../support/s3/fake.ts';
import { incidentsOn } from '../../support/s3/incidents.ts';
import { openS3 } from '../../support/s3/open-s3.ts';

const KEY = 'jobs/a.json';
const OTHER = `"${'0'.repeat(32)}"`;

async function worldOf(dialect: Dialect) {
  const fake = createFakeS3(dialect);
  const store = openS3(FAKE_ADDRESS, { fetch: fake.fetch });
  const first = await write(store, KEY, 'one');
  fake.requests.length = 0;
  return { fake, store, first };
}

describe('a server whose conditions want etags without quotes', () => {
  it.each(['yes', 'ignored'] as const)(
    'put() and delete() find that out once, where the condition of a deletion is: %s',
    async conditionalDelete => {
      const { store, first, fake } = await worldOf({
        conditionsOf: 'bare etags',
        conditionalDelete,
      });
      const second = await store.put(KEY, bodyOf('two'), atVersion(first));
      expect(fake.requests.map(request => request.replace(/etag-.*/, 'etag'))).toEqual([
        `PUT ${KEY}`,
        `HEAD ${KEY}`,
        'PUT doctor/etag',
        'PUT doctor/etag',
        'PUT doctor/etag',
        'DELETE doctor/etag',
        `PUT ${KEY}`,
      ]);
      fake.requests.length = 0;
      expect(await store.put(KEY, bodyOf('six'), atVersion(first))).toBeNull();
      const third = await store.put(KEY, bodyOf('three'), at(second));
      expect(fake.requests).toEqual([`PUT ${KEY}`, `HEAD ${KEY}`, `PUT ${KEY}`]);
      expect(await store.delete(KEY, at(third))).toBe(true);
      expect([...fake.objects.keys()]).toEqual([]);
    },
  );

  it('delete() finds it out where it is the first to have a condition', async () => {
    const { store, first, fake } = await worldOf({
      conditionsOf: 'bare etags',
      conditionalDelete: 'yes',
    });
    expect(await store.delete(KEY, atVersion(first))).toBe(true);
    expect([...fake.objects.keys()]).toEqual([]);
  });

  it('put() has one winner of eight that begin before it is known', async () => {
    const { store, first, fake } = await worldOf({ conditionsOf: 'bare etags' });
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, (_, racer) =>
        store.put(KEY, bodyOf(`racer ${racer}`), atVersion(first)),
      ),
    );
    expect(outcomes.filter(won => won !== null)).toHaveLength(1);
    expect([...fake.objects.keys()]).toEqual([KEY]);
  });
});

it('a refusal of a request that was sent before the form was found out is one of the form', async () => {
  const stored = ['a1', 'a2', null] as (Version | null)[];
  const form = createEtagForm({
    put: async () => stored.shift() ?? null,
    remove: async () => {},
  });
  const early = form.valueOf('a1' as Version);
  expect(await form.isMistaken(async () => true, early)).toBe(true);
  expect(await form.isMistaken(async () => true, early)).toBe(true);
  expect(await form.isMistaken(async () => false, early)).toBe(false);
  expect(await form.isMistaken(async () => true, form.valueOf('a1' as Version))).toBe(false);
});

describe('other servers', () => {
  it('put() never sends an etag that the server would overlook over an object of the store', async () => {
    const { store, first, fake } = await worldOf({ conditionsOf: 'no etags' });
    expect(await store.put(KEY, bodyOf('two'), atVersion(first))).toBeNull();
    expect(await store.put(KEY, bodyOf('two'), atVersion(first))).toBeNull();
    expect([...fake.objects.keys()]).toEqual([KEY]);
    expect(textOf((await store.get(KEY))?.body)).toBe('one');
  });

  it('put() looks at the form of a refusal until a condition has held, and then only whose put is stored', async () => {
    const { store, first, fake } = await worldOf({});
    const stale = atVersion(OTHER.replaceAll('"', '') as Version);
    expect(await store.put(KEY, bodyOf('two'), stale)).toBeNull();
    expect(fake.requests).toEqual([`PUT ${KEY}`, `HEAD ${KEY}`, `HEAD ${KEY}`]);
    await store.put(KEY, bodyOf('two'), atVersion(first));
    fake.requests.length = 0;
    expect(await store.put(KEY, bodyOf('six'), stale)).toBeNull();
    expect(await store.put(KEY, bodyOf('six'), ABSENT)).toBeNull();
    const look = [`PUT ${KEY}`, `HEAD ${KEY}`];
    expect(fake.requests).toEqual([...look, ...look]);
  });
});

describe('a server that answers 500 where another write came first', () => {
  const overtaken = async () => failure(500, 'UnknownError');

  it('put() returns null, whatever was written since', async () => {
    const fake = createFakeS3();
    const rival = openS3(FAKE_ADDRESS, { fetch: fake.fetch });
    const first = await write(rival, KEY, 'one');
    const store = openS3(FAKE_ADDRESS, {
      fetch: incidentsOn(fake, {
        PUT: [
          async () => {
            await write(rival, KEY, 'two');
            await write(rival, KEY, 'three');
            return overtaken();
          },
        ],
      }),
    });
    expect(await store.put(KEY, bodyOf('six'), atVersion(first))).toBeNull();
    expect(textOf((await rival.get(KEY))?.body)).toBe('three');
  });

  it('put() tries again where nothing was written, and sees what it wrote itself', async () => {
    const fake = createFakeS3();
    const store = openS3(FAKE_ADDRESS, {
      fetch: incidentsOn(fake, {
        PUT: [
          overtaken,
          async call => {
            await call();
            return overtaken();
          },
          overtaken,
        ],
      }),
    });
    const version = await store.put(KEY, bodyOf('one'), ABSENT);
    expect(version).toBe(await store.head(KEY));
    expect(await store.put(KEY, bodyOf('two'), at(version))).toBe(await store.head(KEY));
    expect(textOf((await store.get(KEY))?.body)).toBe('two');
  });

  it('put() does not take that for a refusal when an earlier try got no answer', async () => {
    const fake = createFakeS3();
    const rival = openS3(FAKE_ADDRESS, { fetch: fake.fetch });
    const first = await write(rival, KEY, 'one');
    const store = openS3(FAKE_ADDRESS, {
      fetch: incidentsOn(fake, {
        PUT: [
          async call => {
            await call();
            await write(rival, KEY, 'three');
            throw new TypeError('fetch failed');
          },
          overtaken,
        ],
      }),
    });
    await expect(store.put(KEY, bodyOf('two'), atVersion(first))).rejects.toThrow(
      'does not show whether it succeeded',
    );
  });
});

function at(version: Version | null) {
  if (version === null) throw new Error('Nothing is stored');
  return atVersion(version);
}

it('an object that finds out the form is removed also where the answer to its first put is lost', async () => {
  let isRemoved = false;
  const form = createEtagForm({
    put: () => Promise.reject(new StoreError('No answer')),
    async remove() {
      isRemoved = true;
    },
  });
  await expect(form.isMistaken(async () => true)).rejects.toThrow('No answer');
  expect(isRemoved).toBe(true);
});
