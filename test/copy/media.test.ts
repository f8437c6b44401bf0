import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openKv } from '@deno/kv';
import { afterAll, afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { summaryIn } from '../../lib/storage/job-summary.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import { createWorkersKvStore } from '../../lib/stores/workers-kv.ts';
import { storeOn } from '../stores/deno-kv/medium.ts';
import { startMiniflare } from '../stores/miniflare.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { fillStore } from '../support/counting-store.ts';
import { makeFolder } from '../support/folder.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { contentsOf, copy, furnish } from './stored-places.ts';

const emulation = await startMiniflare();

afterEach(() => emulation.clear());
afterAll(() => emulation.stop());

const LEFT_OUT = /\/\.dalsegno\/(?:lock|copied|journal)/;

/** Copies a furnished folder through another store, and returns the files of both ends. */
async function thereAndBack(between: ObjectStore) {
  const here = await makeFolder();
  const { store, clock } = await furnish(await here.open());
  const back = await makeFolder();
  const target = await back.open();
  const options = { clock, held: true };
  const reports = [
    await copy({ source: store, target: between, ...options }),
    await copy({ source: between, target, ...options }),
  ];
  return { here: await filesOf(here.path), back: await filesOf(back.path), reports };
}

/** Every file by its path, except the lock and the journals of the store, and the copy records. */
async function filesOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
  const files: Record<string, string> = {};
  for (const path of paths.filter(name => !LEFT_OUT.test(name)).toSorted()) {
    files[path.slice(folder.length)] = await readFile(path, 'latin1');
  }
  return files;
}

async function openDenoKv(): Promise<ObjectStore> {
  const folder = await makeTemporaryFolder();
  const store = storeOn(await openKv(join(folder, 'kv.sqlite')));
  onTestFinished(() => store.close());
  return store;
}

const WHOLE = { stopped: null, copied: 8, verified: 8, expected: 8 };

describe('copyJobs() from a folder and back to another', () => {
  it('makes the same files through R2, except .dalsegno/copied', async () => {
    const way = await thereAndBack(createR2Store({ bucket: emulation.bucket }));
    expect(way.back).toEqual(way.here);
    expect(Object.keys(way.here)).toHaveLength(13);
    expect(way.reports).toEqual([expect.objectContaining(WHOLE), expect.objectContaining(WHOLE)]);
  });

  it('makes the same files through a file of Deno KV, except .dalsegno/copied', async () => {
    const way = await thereAndBack(await openDenoKv());
    expect(way.back).toEqual(way.here);
    expect(way.reports).toEqual([expect.objectContaining(WHOLE), expect.objectContaining(WHOLE)]);
  });

  it('copies a job of 1.3 MB through Deno KV', async () => {
    const here = await makeFolder();
    const source = await here.open();
    const clock = frozenClock();
    const app = openApp({ store: source, clock });
    await app.create({ config_path: 'x'.repeat(1_300_000) });
    const between = await openDenoKv();
    const back = await makeFolder();
    await copy({ source, target: between, clock });
    await copy({ source: between, target: await back.open(), clock });
    const large = await here.read('job-1.json');
    expect(large.length).toBeGreaterThan(1_300_000);
    expect(await back.read('job-1.json')).toBe(large);
  });
});

describe('copyJobs() to R2', () => {
  it('labels every readable state, so that a list needs no bodies', async () => {
    const { store, clock } = await furnish();
    const target = createR2Store({ bucket: emulation.bucket });
    await copy({ source: store, target, clock });
    const labelled: Record<string, boolean> = {};
    for await (const { key, version, label } of target.list('jobs/')) {
      labelled[key] = label !== null && summaryIn(label, version) !== null;
    }
    expect(labelled).toMatchObject({ 'jobs/done.json': true, 'jobs/broken.json': false });
  });
});

describe('copyJobs() to Workers KV', () => {
  it('copies through the same contract, and copies nothing twice', async () => {
    const { store, clock } = await furnish();
    const target = createWorkersKvStore({ namespace: emulation.namespace });
    const report = await copy({ source: store, target, clock });
    expect(report).toMatchObject({ targetIsLate: true, copied: 7, verified: 7 });
    const again = await copy({ source: store, target, clock });
    expect(again).toMatchObject({ copied: 0, present: 7, verified: 7 });
    const jobs = await contentsOf(store, ['jobs/']);
    delete jobs['jobs/held.json'];
    expect(await contentsOf(target, ['jobs/'])).toEqual(jobs);
  });
});

// More than a page of a list has.
describe('copyJobs() of many', () => {
  it('copies and verifies 1,200 waiting jobs', async () => {
    const { store, clock } = await furnish();
    await fillStore(store, { count: 1200, status: 'pending', prefix: 'many' });
    const { store: target } = await emptied();
    const report = await copy({ source: store, target, clock });
    expect(report).toMatchObject({ copied: 1207, verified: 1207, stopped: null });
  });
});

async function emptied() {
  const folder = await makeFolder();
  return { store: await folder.open() };
}
