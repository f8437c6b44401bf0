import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../lib/base/random.ts';
import { createDoctor } from '../../../lib/doctor/doctor.ts';
import { rememberFindings } from '../../../lib/doctor/remembered.ts';
import { createProcessMemory } from '../../../lib/storage/process-memory.ts';
import { type ObjectStore, StoreError } from '../../../lib/store.ts';
import { frozenClock } from '../../support/clock.ts';
import {
  createFakeS3,
  type Dialect,
  FAKE_ADDRESS,
  type FakeS3,
  failure,
} from '../../support/s3/fake.ts';
import { incidentsOn } from '../../support/s3/incidents.ts';
import { openS3 } from '../../support/s3/open-s3.ts';
import { serveS3 } from '../../support/s3/serve.ts';
import { lateWritingStore } from './late-writes.ts';

const KEYS = { listKeys: 3 };
const DAY_MS = 24 * 60 * 60 * 1000;

/** The doctor of a process that has just started. */
function doctorOf(store: ObjectStore, { clock = frozenClock(), place = 'here' } = {}) {
  const { verdict } = createProcessMemory({ cacheBytes: 1_000_000 });
  const doctor = createDoctor({ store, random: systemRandom, verdict, record: () => {} });
  return rememberFindings({ doctor, store, clock, verdict, place });
}

function storeOn(fake: FakeS3): ObjectStore {
  return openS3(FAKE_ADDRESS, { fetch: fake.fetch });
}

function failedOn(dialect: Dialect): Promise<string[]> {
  return failedIn(storeOn(createFakeS3(dialect)));
}

async function failedIn(store: ObjectStore): Promise<string[]> {
  const { checks } = await doctorOf(store).examine(KEYS);
  return checks.filter(({ ok }) => !ok).map(({ name }) => name);
}

/** Conditions are tried with three puts, and each that is refused is looked at. */
const TRIED = ['GET', 'PUT', 'HEAD', 'PUT', 'PUT', 'HEAD'].map(
  method => `${method} doctor/sound.json`,
);

let minted = 0;

describe('a finding of the week', () => {
  it.each<[string, Dialect]>([
    ['overlooks conditions', { ignoresConditions: true }],
    ['refuses conditions that hold', { conditionsOf: 'no etags' }],
    ['overlooks the etags alone', { ignoresEtags: true }],
  ])('does not count where the bucket %s since, as with versioning on Ceph', async (_, later) => {
    const dialect: Dialect = {};
    const fake = createFakeS3(dialect);
    expect(await doctorOf(storeOn(fake)).examineOnce(KEYS)).not.toBeNull();
    fake.requests.length = 0;
    expect(await doctorOf(storeOn(fake)).examineOnce(KEYS)).toBeNull();
    expect(fake.requests).toEqual(TRIED);
    Object.assign(dialect, later);
    const diagnosis = await doctorOf(storeOn(fake)).examineOnce(KEYS);
    expect(diagnosis?.checks.every(({ ok }) => ok)).toBe(false);
    expect(diagnosis?.leases).toBe(false);
  });

  it('counts for each of three processes that start at the same moment', async () => {
    const fake = createFakeS3();
    await doctorOf(storeOn(fake)).examineOnce(KEYS);
    const starts = Array.from({ length: 3 }, () => doctorOf(storeOn(fake)).examineOnce(KEYS));
    expect(await Promise.all(starts)).toEqual([null, null, null]);
  });
});

describe('the doctor of a bucket', () => {
  it.each<[string, Dialect]>([
    ['as AWS documents it', {}],
    ['that deletes conditionally', { conditionalDelete: 'yes' }],
    ['that refuses conditional deletes', { conditionalDelete: 'refused' }],
    ['with bare etags in lists', { listsBareEtags: true }],
    ['that wants etags without quotes', { conditionsOf: 'bare etags' }],
    [
      'that wants etags without quotes, also for deletions',
      { conditionsOf: 'bare etags', conditionalDelete: 'yes' },
    ],
    ['with encoded keys in lists', { listsEncodedKeys: true }],
    ['with pages of two keys', { pageSize: 2 }],
    [
      'with weak etags that it compares',
      {
        etagOf() {
          minted += 1;
          return `W/"${minted}"`;
        },
      },
    ],
  ])('finds a server right %s', async (_, dialect) => {
    expect(await failedOn(dialect)).toEqual([]);
  });

  it('refuses leases on a server that ignores conditions', async () => {
    const doctor = doctorOf(storeOn(createFakeS3({ ignoresConditions: true })));
    const { checks, leases } = await doctor.examine(KEYS);
    expect(checks.filter(({ ok }) => !ok).map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
      'create refused if present: replaced what was stored',
      'compare-and-swap refused when stale: replaced what another writer had stored',
      'one winner of two: 2 of two writers won',
      'the bucket: compare-and-swap: 8 of 8 writers won',
    ]);
    expect(leases).toBe(false);
    expect(doctor.allowsLeases()).toBe(false);
  });

  it('refuses leases on a server that looks at conditions without quotes only to overlook them', async () => {
    expect(await failedOn({ conditionsOf: 'no etags' })).toEqual([
      'compare-and-swap',
      'one winner of two',
      'the bucket: compare-and-swap',
    ]);
  });

  it('refuses leases on a server that looks at conditions some time before it writes', async () => {
    expect(await failedIn(lateWritingStore())).toEqual([
      'one winner of two',
      'the bucket: compare-and-swap',
    ]);
  });

  it('refuses leases on a server that overlooks one of 25 conditions', async () => {
    expect(await failedOn({ overlooksEvery: 25 })).toEqual(['the bucket: compare-and-swap']);
  });

  it('refuses leases on a server that lists in no order', async () => {
    expect(await failedOn({ listsInNoOrder: true })).toEqual(['list of 3 keys']);
  });

  it('finds out that a server ignores conditions also behind HTTP', async () => {
    const served = await serveS3(createFakeS3({ ignoresConditions: true }).answer);
    expect((await doctorOf(openS3(served.address)).examine(KEYS)).leases).toBe(false);
    await served.stop();
  });

  it('refuses leases where each of two endpoints keeps conditions, but not those of the other', async () => {
    const [left, right] = [createFakeS3(), createFakeS3()];
    const store = openS3(FAKE_ADDRESS, {
      others: [{ ...FAKE_ADDRESS, endpoint: 'http://other.test' }],
      fetch: (url, init) => (url.startsWith('http://other.test') ? right : left).fetch(url, init),
    });
    const { checks, leases } = await doctorOf(store).examine(KEYS);
    expect(checks.filter(({ ok }) => !ok)).toMatchObject([
      { name: '2 endpoints of the bucket: compare-and-swap', detail: '2 of 8 writers won' },
    ]);
    expect(leases).toBe(false);
  });

  it('finds two endpoints of one bucket right, and asks both', async () => {
    const fake = createFakeS3();
    const asked = new Set<string>();
    const store = openS3(FAKE_ADDRESS, {
      others: [{ ...FAKE_ADDRESS, endpoint: 'http://other.test' }],
      fetch(url, init) {
        asked.add(new URL(url).host);
        return fake.fetch(url, init);
      },
    });
    expect((await doctorOf(store).examine(KEYS)).leases).toBe(true);
    expect([...asked].toSorted()).toEqual(['other.test', 's3.test']);
  });
});

describe('examineOnce()', () => {
  it('examines a store once for all processes that start within a week', async () => {
    const fake = createFakeS3();
    const clock = frozenClock();
    expect(await doctorOf(storeOn(fake), { clock }).examineOnce(KEYS)).toMatchObject({
      leases: true,
    });
    fake.requests.length = 0;
    clock.advance(6 * DAY_MS);
    const next = doctorOf(storeOn(fake), { clock });
    expect(await next.examineOnce(KEYS)).toBeNull();
    expect(next.allowsLeases()).toBe(true);
    expect(fake.requests).toEqual(TRIED);
    clock.advance(DAY_MS);
    expect(await doctorOf(storeOn(fake), { clock }).examineOnce(KEYS)).not.toBeNull();
  });

  it('examines a store again elsewhere, where the clock was set back, and where the finding is none', async () => {
    const fake = createFakeS3();
    const clock = frozenClock();
    await doctorOf(storeOn(fake), { clock }).examineOnce(KEYS);
    expect(
      await doctorOf(storeOn(fake), { clock, place: 'there' }).examineOnce(KEYS),
    ).not.toBeNull();
    expect(
      await doctorOf(storeOn(fake), { clock, place: 'here' }).examineOnce(KEYS),
    ).not.toBeNull();
    clock.advance(-DAY_MS);
    expect(await doctorOf(storeOn(fake), { clock }).examineOnce(KEYS)).not.toBeNull();
    await storeOn(fake).put('doctor/sound.json', new TextEncoder().encode('{'), { kind: 'none' });
    expect(await doctorOf(storeOn(fake), { clock }).examineOnce(KEYS)).not.toBeNull();
  });

  it('examines a store that was found wrong at each start', async () => {
    const fake = createFakeS3({ ignoresConditions: true });
    for (let start = 0; start < 2; start += 1) {
      expect(await doctorOf(storeOn(fake)).examineOnce(KEYS)).toMatchObject({ leases: false });
    }
    expect(fake.objects.size).toBe(0);
  });

  it('forgets a good finding when a later examination finds the store wrong', async () => {
    const fake = createFakeS3();
    const careless = createFakeS3({ ignoresConditions: true });
    await doctorOf(storeOn(fake)).examineOnce(KEYS);
    let server = fake;
    const store = openS3(FAKE_ADDRESS, { fetch: (url, init) => server.fetch(url, init) });
    const doctor = doctorOf(store);
    expect(await doctor.examineOnce(KEYS)).toBeNull();
    for (const [key, object] of fake.objects) careless.objects.set(key, object);
    server = careless;
    await doctor.examine(KEYS);
    expect(doctor.allowsLeases()).toBe(false);
    expect(careless.objects.size).toBe(0);
  });

  it('rejects where the server does not answer: nobody knows whether leases hold', async () => {
    const fake = createFakeS3();
    const store = openS3(FAKE_ADDRESS, {
      fetch: incidentsOn(fake, {
        PUT: Array.from({ length: 999 }, () => async () => failure(403, 'AccessDenied')),
      }),
    });
    const started = doctorOf(store).examineOnce(KEYS);
    await expect(started).rejects.toThrow(StoreError);
    await expect(started).rejects.toThrow('Cannot examine the store: create if absent: ');
    await expect(started).rejects.toThrow('403 AccessDenied');
  });
});
