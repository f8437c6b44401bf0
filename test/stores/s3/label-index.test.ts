import { describe, expect, it } from 'vitest';
import { type StoredEntry, UNCONDITIONAL, type Version } from '../../../lib/store.ts';
import { createKnownLabels } from '../../../lib/stores/s3/known-labels.ts';
import {
  createLabelParts,
  type LabelParts,
  type Part,
} from '../../../lib/stores/s3/label-parts.ts';
import { createLabelledList } from '../../../lib/stores/s3/labelled-list.ts';
import { bodyOf } from '../../conformance/body.ts';
import { collect } from '../../conformance/write.ts';
import { seeds } from '../../support/effort.ts';
import { growthOf } from '../../support/heap.ts';
import { leastOf } from '../../support/measure/least.ts';
import { seededRandom } from '../../support/random.ts';
import { createFakeS3, FAKE_ADDRESS, type FakeS3, failure } from '../../support/s3/fake.ts';
import { type Incident, incidentsOn } from '../../support/s3/incidents.ts';
import { openS3 } from '../../support/s3/open-s3.ts';

const JOBS = 120;

/** What a process that has just started asks for, and finds, when it follows all jobs. */
async function followed(fake: FakeS3, incidents: Partial<Record<string, Incident[]>> = {}) {
  const fetch = incidentsOn(fake, incidents);
  const store = openS3(FAKE_ADDRESS, { fetch, indexed: ['jobs/'] });
  const follower = store.follow('jobs/');
  async function poll() {
    fake.requests.length = 0;
    const changes = await collect(follower.poll());
    const labels = changes.map(change => (change.kind === 'labelled' ? change.label : change.kind));
    const counts: Record<string, number> = {};
    for (const request of fake.requests) {
      const [method = '', key = ''] = request.split(/ (?:\?list )?/);
      const kind = `${request.includes('?list') ? 'LIST' : method} ${key.split('/')[0]}`;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    return { labels, counts };
  }
  return { store, poll, ...(await poll()) };
}

async function bucketOf(jobs: number) {
  const fake = createFakeS3();
  const writer = openS3(FAKE_ADDRESS, { fetch: fake.fetch });
  const put = (job: number, label: string) =>
    writer.put(`jobs/${job}.json`, bodyOf(label), UNCONDITIONAL, label);
  for (let job = 0; job < jobs; job += 1) {
    const label = `first of ${job}`;
    const object = {
      body: new Uint8Array(bodyOf(label)),
      etag: `"first-${job}"`,
      metadata: { 'x-amz-meta-label': label },
    };
    fake.objects.set(`jobs/${job}.json`, object);
  }
  return { fake, writer, put };
}

describe('the index of labels', () => {
  it('spares a later process the look-ups, but those of what has changed', async () => {
    const { fake, put } = await bucketOf(JOBS);
    const first = await followed(fake);
    expect(first.counts).toEqual({
      'LIST jobs': 1,
      'LIST labels': 1,
      'HEAD jobs': JOBS,
      'PUT labels': 1,
    });
    await put(7, 'second of 7');
    const second = await followed(fake);
    expect(second.counts).toEqual({
      'LIST jobs': 1,
      'LIST labels': 1,
      'GET labels': 1,
      'HEAD jobs': 1,
    });
    expect(new Set(second.labels)).toEqual(
      new Set(first.labels.map(label => (label === 'first of 7' ? 'second of 7' : label))),
    );
    expect((await second.poll()).counts).toEqual({ 'LIST jobs': 1 });
  });

  it('is written again after a hundred changes, of whichever process, and removed with the last job', async () => {
    const { fake, put, writer } = await bucketOf(JOBS);
    const { poll, store } = await followed(fake);
    for (let job = 0; job < 60; job += 1) await put(job, 'second');
    expect((await poll()).counts).toEqual({ 'LIST jobs': 1, 'GET labels': 1, 'HEAD jobs': 60 });
    for (let job = 60; job < 100; job += 1) {
      await store.put(`jobs/${job}.json`, bodyOf('own'), UNCONDITIONAL, 'own');
    }
    expect((await poll()).counts).toEqual({ 'LIST jobs': 1, 'GET labels': 1, 'PUT labels': 1 });
    expect((await followed(fake)).counts).not.toHaveProperty('HEAD jobs');
    for (let job = 0; job < JOBS; job += 1) await writer.delete(`jobs/${job}.json`, UNCONDITIONAL);
    expect((await poll()).labels).toEqual(Array.from({ length: JOBS }, () => 'removed'));
    expect([...fake.objects.keys()]).toEqual([]);
  });

  it('is not asked for where few labels are wanted, nor for other folders', async () => {
    const { fake, writer } = await bucketOf(9);
    expect((await followed(fake)).counts).toEqual({ 'LIST jobs': 1, 'HEAD jobs': 9 });
    for (let lease = 0; lease < 120; lease += 1) {
      await writer.put(`leases/${lease}`, bodyOf('x'), UNCONDITIONAL, 'x');
    }
    const { store } = await followed(fake);
    fake.requests.length = 0;
    expect(await collect(store.follow('leases/').poll())).toHaveLength(120);
    expect(fake.requests.filter(request => request.includes('labels'))).toEqual([]);
  });

  it.each([
    ['is cut off', '{"version":1,"entries":[["jobs/0.json"'],
    ['is of a later version', '{"version":2,"entries":[]}'],
    ['is of other objects', '{"version":1,"entries":[["jobs/x.json","e","wrong"]]}'],
    ['is of other versions', '{"version":1,"entries":[["jobs/0.json","e","wrong"]]}'],
  ])('never gives a wrong label, also where it %s', async (_, text) => {
    const { fake, writer } = await bucketOf(JOBS);
    const { labels } = await followed(fake);
    await writer.put('labels/jobs/0.json', bodyOf(text), UNCONDITIONAL);
    const { counts, labels: again } = await followed(fake);
    expect(again).toEqual(labels);
    expect(counts).toMatchObject({ 'HEAD jobs': JOBS, 'PUT labels': 1 });
  });

  it('lists are right where parts cannot be listed, read or written', async () => {
    const { fake } = await bucketOf(JOBS);
    const refused: Incident = async () => failure(403, 'AccessDenied');
    const unwritten = await followed(fake, { PUT: [refused] });
    expect(unwritten.labels).toHaveLength(JOBS);
    expect([...fake.objects.keys()].filter(key => key.startsWith('labels/'))).toEqual([]);
    await followed(fake);
    const unread = await followed(fake, { GET: [refused] });
    expect(unread.counts).toMatchObject({ 'HEAD jobs': JOBS });
    const unlisted = await followed(fake, { LIST: [call => call(), refused] });
    expect(unlisted.counts).toMatchObject({ 'HEAD jobs': JOBS });
    expect(unlisted.labels).toEqual(unwritten.labels);
  });

  it('is not lost where its parts could not be listed once', async () => {
    const { fake } = await bucketOf(JOBS);
    await followed(fake);
    const refused: Incident = async () => failure(403, 'AccessDenied');
    const unlisted = await followed(fake, { LIST: [call => call(), refused] });
    expect(unlisted.counts).not.toHaveProperty('PUT labels');
    for (let job = 0; job < 50; job += 1) fake.objects.delete(`jobs/${job}.json`);
    const writer = openS3(FAKE_ADDRESS, { fetch: fake.fetch });
    for (let job = 0; job < 10; job += 1) {
      await writer.put(`jobs/${job}.json`, bodyOf('x'), UNCONDITIONAL, 'x');
    }
    expect((await unlisted.poll()).counts).toMatchObject({ 'LIST labels': 1, 'GET labels': 1 });
  });

  it('is written by one of the processes that list at the same moment', async () => {
    const fake = createFakeS3();
    const store = openS3(FAKE_ADDRESS, { fetch: fake.fetch });
    const partsOf = () =>
      createLabelParts({
        objects: {
          get: key => store.get(key),
          lookUp: async () => null,
          put: ({ key, body, precondition }) => store.put(key, body, precondition),
          delete: (key, precondition) => store.delete(key, precondition),
        },
        list: async function* () {},
      });
    const [left, right] = [partsOf(), partsOf()];
    const entry = (version: string) => [{ key: 'jobs/a', version: version as Version, label: 'x' }];
    expect(await left.write('jobs/a', entry('1'))).toBe(true);
    expect(await right.write('jobs/a', entry('2'))).toBe(false);
    await Promise.all([left.read('jobs/a'), right.read('jobs/a')]);
    expect(await right.write('jobs/a', entry('3'))).toBe(true);
    expect(await left.write('jobs/a', entry('4'))).toBe(false);
    expect((await left.read('jobs/a')).get('jobs/a')?.version).toBe('3');
  });

  it('is written for five seconds by one list, and the rest by the next ones', async () => {
    const world = createWorld(() => false, 2_000);
    for (let job = 0; job < 80; job += 1) world.put(`jobs/${10 + job}`);
    await world.startProcess()();
    expect(world.index.size).toBe(3);
    for (let start = 0; start < 4; start += 1) await world.startProcess()();
    world.lookUps = 0;
    await world.startProcess()();
    // Of one it is cheaper to look it up than to read its part.
    expect(world.lookUps).toBeLessThan(2);
  });

  it.each(seeds(40))('agrees with the objects after any changes (seed %i)', async seed => {
    const random = seededRandom(seed);
    const below = (limit: number) => Math.floor(random.fraction() * limit);
    let isBrittle = true;
    const world = createWorld(() => isBrittle && below(10) === 0);
    let poll = world.startProcess();
    for (let step = 0; step < 40; step += 1) {
      for (let change = below(8); change > 0; change -= 1) {
        const key = `jobs/${below(50)}.json`;
        if (below(4) === 0) world.stored.delete(key);
        else world.put(key);
      }
      if (below(5) === 0) poll = world.startProcess();
      await poll();
    }
    for (const part of world.index.values()) expect(part.size).toBeLessThanOrEqual(8);
    isBrittle = false;
    await world.startProcess()();
    world.lookUps = 0;
    await world.startProcess()();
    // Fewer changes than are worth a write, for each part and for what none has.
    expect(world.lookUps).toBeLessThanOrEqual(2 * (world.index.size + 1));
  });

  it('a part that has grown too large becomes two, and no label is lost', async () => {
    const world = createWorld(() => false);
    for (let job = 0; job < 8; job += 1) world.put(`jobs/a${job}`);
    await world.startProcess()();
    for (const job of ['a00', 'a01', 'a02']) world.put(`jobs/${job}`);
    await world.startProcess()();
    expect([...world.index.keys()]).toEqual(['jobs/a0', 'jobs/a5']);
    world.lookUps = 0;
    await world.startProcess()();
    expect(world.lookUps).toBe(0);
  });

  it('holds no pages of lists, and nothing of keys at which a list began once', async () => {
    const KB = 1024;
    let page = 0;
    // As a driver cuts them out of an answer.
    const pages = async function* () {
      const keys = Array.from({ length: 3 }, (_, nth) => `jobs/${1_000_000 + page + nth}.json`);
      const text = `${keys.join(',')},${'x'.repeat(100 * KB)}`;
      yield text
        .split(',', 3)
        .map((_, nth) => text.slice(nth * 18, nth * 18 + 17))
        .map(key => ({ key, version: 'v' as Version }));
    };
    const list = createLabelledList({
      pages,
      parts: brittleParts(new Map(), () => true),
      labels: createKnownLabels(),
      folders: ['jobs/'],
      limits: { ofPart: 8, unknown: 2, changes: 100 },
      lookUp: async key => ({ key, version: 'v' as Version, label: null }),
    });
    await collect(list('jobs/', '', () => false));
    const listOften = async () => {
      const end = page + 400;
      for (; page < end; page += 1) await collect(list('jobs/', '', () => false));
    };
    const most = 4 * KB * KB;
    expect(await leastOf(most, () => growthOf(listOften))).toBeLessThan(most);
  });
});

/** Objects and an index in memory, with parts of eight. Its processes compare what they list with what is stored. */
function createWorld(fails: () => boolean, writeMs = 0) {
  const stored = new Map<string, { version: Version; label: string }>();
  const index = new Map<string, Part>();
  let puts = 0;
  let nowMs = 0;
  const world = {
    stored,
    index,
    lookUps: 0,
    put(key: string) {
      puts += 1;
      stored.set(key, { version: `v${puts}` as Version, label: `label ${puts}` });
    },
    startProcess() {
      const reported = new Map<string, Version>();
      const list = createLabelledList({
        async *pages(_prefix, after) {
          const entries = [...stored]
            .filter(([key]) => compare(key, after) > 0)
            .toSorted(([left], [right]) => compare(left, right));
          const objects = entries.map(([key, { version }]) => ({ key, version }));
          for (let at = 0; at < objects.length; at += 7) yield objects.slice(at, at + 7);
        },
        parts: brittleParts(index, fails, () => {
          nowMs += writeMs;
        }),
        labels: createKnownLabels(),
        folders: ['jobs/'],
        limits: { ofPart: 8, unknown: 2, changes: 3 },
        now: () => nowMs,
        async lookUp(key) {
          world.lookUps += 1;
          const entry = stored.get(key);
          return entry === undefined ? null : { key, ...entry };
        },
      });
      return async () => {
        const isKnown = ({ key, version }: StoredEntry) => reported.get(key) === version;
        const listed: StoredEntry[] = [];
        for await (const entry of list('jobs/', '', isKnown)) listed.push(entry);
        expect(listed.map(({ key }) => key)).toEqual([...stored.keys()].toSorted(compare));
        const unknown = listed.filter(entry => !isKnown(entry));
        for (const { key, version, label } of unknown) {
          expect({ version, label }).toEqual(stored.get(key));
        }
        reported.clear();
        for (const { key, version } of listed) reported.set(key, version);
      };
    },
  };
  return world;
}

/** Parts in memory, where some operations fail. */
function brittleParts(
  index: Map<string, Part>,
  fails: () => boolean,
  wrote: () => void = () => {},
): LabelParts {
  return {
    names: async () => (fails() ? [] : [...index.keys()].toSorted(compare)),
    read: async name => (fails() ? new Map() : (index.get(name) ?? new Map())),
    async write(name, entries) {
      wrote();
      if (fails()) return false;
      index.set(name, new Map(entries.map(entry => [entry.key, entry])));
      return true;
    },
    async remove(name) {
      index.delete(name);
    },
  };
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
