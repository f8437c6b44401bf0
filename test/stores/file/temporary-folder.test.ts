import type * as FileSystem from 'node:fs';
import { mkdirSync, readdirSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ABSENT, type ObjectStore, UNCONDITIONAL } from '../../../lib/store.ts';
import { waitForEvents } from '../../../lib/stores/file/watch.ts';
import { bodyOf, largeBody, textOf } from '../../conformance/body.ts';
import { write } from '../../conformance/write.ts';
import { makeStateFolder, type StateFolder } from '../state-folder.ts';

const KEY = 'jobs/a.json';

const disk = vi.hoisted(() => ({ isSplit: false, moves: [] as string[] }));

// The folder of temporary files is on another file system than the jobs while `disk.isSplit`.
vi.mock('node:fs', async original => {
  const fs = await original<typeof FileSystem>();
  const moved =
    (move: (from: string, to: string) => void) =>
    (from: string, to: string): void => {
      const isAcross = dirname(from) !== dirname(to);
      disk.moves.push(isAcross ? 'across' : 'within');
      if (disk.isSplit && isAcross)
        throw Object.assign(new Error('EXDEV'), { code: 'EXDEV', errno: -18 });
      move(from, to);
    };
  return { ...fs, renameSync: moved(fs.renameSync), linkSync: moved(fs.linkSync) };
});

let folder: StateFolder;

beforeEach(async () => {
  disk.isSplit = false;
  disk.moves.length = 0;
  folder = await makeStateFolder(tmpdir());
});

afterEach(async () => {
  await folder.destroy();
});

const temporaries = () => `${folder.path}/.dalsegno/tmp`;

describe('the folder of temporary files', () => {
  it('put() causes one event in the folder of the jobs', async () => {
    const store = await folder.open();
    await write(store, 'jobs/first.json', 'makes the folders');
    const names: (string | null)[] = [];
    const watcher = watch(folder.path, (_, name) => {
      names.push(name);
    });
    await write(store, 'jobs/a.json', 'one');
    await write(store, 'jobs/b.json', 'one');
    await write(store, 'jobs/a.json', 'two');
    await waitForEvents();
    watcher.close();
    expect(names).toEqual(['a.json', 'b.json', 'a.json']);
  });

  it.each([ABSENT, UNCONDITIONAL])('put() makes it again: %o', async precondition => {
    const store = await folder.open();
    await write(store, 'jobs/first.json', 'makes the folders');
    rmSync(temporaries(), { recursive: true });
    expect(await store.put(KEY, bodyOf('one'), precondition)).not.toBeNull();
    expect(textOf((await store.get(KEY))?.body)).toBe('one');
    expect(readdirSync(temporaries())).toEqual([]);
  });

  it('put() rejects when a folder has the name of the job, and leaves nothing', async () => {
    const store = await folder.open();
    mkdirSync(`${folder.path}/a.json`);
    await expect(store.put(KEY, bodyOf('one'), UNCONDITIONAL)).rejects.toThrow('directory');
    expect(readdirSync(temporaries())).toEqual([]);
  });
});

describe('a folder of temporary files on another file system', () => {
  const ways: Record<string, (store: ObjectStore) => Promise<unknown>> = {
    'that creates': store => store.put(KEY, bodyOf('one'), ABSENT),
    'that creates or replaces': store => store.put(KEY, bodyOf('one'), UNCONDITIONAL),
    'of a large body': store => store.put(KEY, largeBody(200_000), UNCONDITIONAL),
    'of an ordered object': store =>
      store.put(KEY, bodyOf('one'), UNCONDITIONAL, undefined, 'ordered'),
  };

  it.each(Object.entries(ways))('put() %s writes beside the job instead', async (_, put) => {
    disk.isSplit = true;
    const store = await folder.open();
    const version = await put(store);
    expect(version).toBe((await store.get(KEY))?.version);
    expect(disk.moves).toEqual(['across', 'within']);
    await write(store, 'jobs/b.json', 'b');
    expect(disk.moves).toEqual(['across', 'within', 'within']);
    expect(readdirSync(folder.path).toSorted()).toEqual(['.dalsegno', 'a.json', 'b.json']);
    expect(readdirSync(temporaries())).toEqual([]);
  });
});
