import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/base/clock.ts';
import { ABSENT, StoreError, UNCONDITIONAL } from '../../../lib/store.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { pollLines } from '../../conformance/follow.ts';
import { collect, write } from '../../conformance/write.ts';
import { openApp } from '../../support/app.ts';
import { aState } from '../../support/state.ts';
import { makeStateFolder, type StateFolder } from '../state-folder.ts';

let folder: StateFolder;

beforeEach(async () => {
  folder = await makeStateFolder();
});

afterEach(async () => {
  await folder.destroy();
});

const SIDES = ['', '/leases', '/ready', '/lapses', '/sweep'] as const;

describe.each(SIDES)('a folder .dalsegno%s that is removed while the store is open', side => {
  const removed = () => rmSync(`${folder.path}/.dalsegno${side}`, { recursive: true, force: true });
  const key = `${side === '' ? '/leases' : side}/a.json`.slice(1);

  it('put() of a new object creates it again', async () => {
    const store = await folder.open();
    await write(store, key, 'before');
    removed();
    expect(await store.put(key, bodyOf('after'), ABSENT)).not.toBeNull();
    expect(textOf((await store.get(key))?.body)).toBe('after');
  });

  it('put() over an object creates it again', async () => {
    const store = await folder.open();
    await write(store, key, 'before');
    removed();
    await write(store, key, 'after');
    expect(textOf((await store.get(key))?.body)).toBe('after');
  });

  it.each(['opened', 'filled', 'recorded'] as const)(
    'put() writes when it goes at the step %s',
    async at => {
      let left = 1;
      const store = await folder.open({
        onCrashPoint: step => {
          if (step !== at || left === 0) return;
          left -= 1;
          removed();
        },
      });
      await write(store, key, 'after');
      expect(textOf((await store.get(key))?.body)).toBe('after');
    },
  );

  it('get(), head(), list() and delete() find nothing, and poll() reports removed and new objects', async () => {
    const store = await folder.open();
    const follower = store.follow(key.slice(0, key.indexOf('/') + 1));
    await write(store, key, 'before');
    await pollLines(follower);
    removed();
    expect(await store.get(key)).toBeNull();
    expect(await store.head(key)).toBeNull();
    expect(await collect(store.list(key.slice(0, key.indexOf('/') + 1)))).toEqual([]);
    expect(await store.delete(key, UNCONDITIONAL)).toBe(true);
    expect(await pollLines(follower)).toEqual([`removed ${key}`]);
    await write(store, key, 'after');
    expect(await pollLines(follower)).toEqual([`stored ${key}: after`]);
  });

  it('every call of the service works, without a restart', async () => {
    const app = openApp({ store: await folder.open(), clock: systemClock });
    await app.create({ job_id: 'first' });
    const statuses: Record<string, number> = {};
    const ask = async (name: string, method: string, path: string, json?: unknown) => {
      removed();
      statuses[name] = (await app.ask(method, path, json === undefined ? {} : { json })).status;
    };
    await ask('create', 'POST', '/v1/jobs', aState({ job_id: 'second' }));
    await ask('list', 'GET', '/v1/jobs');
    await ask('update', 'PUT', '/v1/jobs/second/sheets/1', { status: 'in_progress' });
    await ask('resume', 'POST', '/v1/jobs/second/resume');
    await ask('acquire', 'POST', '/v1/jobs/first/lease', { holder: 'h' });
    await ask('why', 'GET', '/v1/jobs/first/why');
    await ask('sweep', 'POST', '/v1/sweep');
    await ask('doctor', 'POST', '/v1/doctor?list_keys=5');
    await ask('ready', 'GET', '/readyz');
    await ask('remove', 'DELETE', '/v1/jobs/first?force=true');
    await ask('claim', 'POST', '/v1/claims', { holder: 'h' });
    expect(statuses).toEqual({
      create: 201,
      list: 200,
      update: 200,
      resume: 200,
      acquire: 201,
      why: 200,
      sweep: 200,
      doctor: 200,
      ready: 200,
      remove: 204,
      claim: expect.toSatisfy(status => status === 201 || status === 204),
    });
  });
});

describe('a folder .dalsegno that is a file', () => {
  it('put() rejects with a StoreError, and works when it is a folder again', async () => {
    const store = await folder.open();
    await write(store, 'leases/a.json', 'one');
    rmSync(`${folder.path}/.dalsegno`, { recursive: true });
    writeFileSync(`${folder.path}/.dalsegno`, '');
    await expect(write(store, 'leases/a.json', 'two')).rejects.toThrow(StoreError);
    rmSync(`${folder.path}/.dalsegno`);
    await write(store, 'leases/a.json', 'three');
  });
});

describe('a directory that is lost', () => {
  const away = () => `${folder.path}-away`;

  afterEach(() => rmSync(away(), { recursive: true, force: true }));

  async function openWithJob() {
    const store = await folder.open();
    const follower = store.follow('jobs/');
    await write(store, 'jobs/a.json', 'one');
    await pollLines(follower);
    const attempts = {
      get: () => store.get('jobs/b.json'),
      head: () => store.head('jobs/b.json'),
      list: () => collect(store.list('jobs/')),
      listOfLeases: () => collect(store.list('leases/')),
      poll: () => pollLines(follower),
      create: () => store.put('jobs/b.json', bodyOf('two'), ABSENT),
      createLease: () => store.put('leases/b.json', bodyOf('two'), ABSENT),
      write: () => store.put('jobs/b.json', bodyOf('two'), UNCONDITIONAL),
      delete: () => store.delete('jobs/b.json', UNCONDITIONAL),
    };
    const outcomes = async () => {
      const found: Record<string, string> = {};
      for (const [name, attempt] of Object.entries(attempts)) {
        found[name] = await attempt().then(
          () => 'went well',
          (error: unknown) => (error instanceof StoreError ? 'StoreError' : String(error)),
        );
      }
      return new Set(Object.values(found));
    };
    return { store, follower, outcomes };
  }

  it('no call makes it again, and every one rejects', async () => {
    const { outcomes } = await openWithJob();
    renameSync(folder.path, away());
    expect(await outcomes()).toEqual(new Set(['StoreError']));
    expect(() => readdirSync(folder.path)).toThrow('ENOENT');
  });

  it('every call rejects when an empty one is in its place, as where a disk is not mounted', async () => {
    const { outcomes } = await openWithJob();
    renameSync(folder.path, away());
    mkdirSync(folder.path);
    expect(await outcomes()).toEqual(new Set(['StoreError']));
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('all is there again when it is', async () => {
    const { store, follower, outcomes } = await openWithJob();
    renameSync(folder.path, away());
    mkdirSync(folder.path);
    await outcomes();
    rmSync(folder.path, { recursive: true });
    renameSync(away(), folder.path);
    expect(textOf((await store.get('jobs/a.json'))?.body)).toBe('one');
    await write(store, 'jobs/a.json', 'two');
    await write(store, 'leases/a.json', 'two');
    expect(await pollLines(follower)).toEqual(['stored jobs/a.json: two']);
  });

  it('one with jobs takes its place, as where a backup is restored', async () => {
    const { store, follower } = await openWithJob();
    renameSync(folder.path, away());
    mkdirSync(folder.path);
    writeFileSync(`${folder.path}/b.json`, 'restored');
    expect(await pollLines(follower)).toEqual([
      'removed jobs/a.json',
      'stored jobs/b.json: restored',
    ]);
    await write(store, 'leases/b.json', 'one');
    expect(readdirSync(`${folder.path}/.dalsegno`).toSorted()).toEqual([
      'journal',
      'leases',
      'lock',
      'tmp',
    ]);
  });

  it('an empty one takes its place when the old one was deleted', async () => {
    const { store } = await openWithJob();
    rmSync(folder.path, { recursive: true });
    mkdirSync(folder.path);
    expect(await collect(store.list('jobs/'))).toEqual([]);
    await write(store, 'jobs/b.json', 'one');
  });
});
