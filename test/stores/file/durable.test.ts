import type * as FileSystem from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ABSENT, UNCONDITIONAL } from '../../../lib/store.ts';
import { bodyOf } from '../../conformance/body.ts';
import { write } from '../../conformance/write.ts';
import { makeStateFolder, type StateFolder } from '../state-folder.ts';

const KEY = 'jobs/a.json';

/** What was synced, by its name at that moment, and whether the job had its final name. */
const synced = vi.hoisted((): { path: string; named: boolean }[] => []);

// A killed process loses no write that the system has accepted. Only this shows what a crash of the machine would lose.
vi.mock('node:fs', async original => {
  const fs = await original<typeof FileSystem>();
  const fsync = (fd: number, done: FileSystem.NoParamCallback) => {
    const path = fs.readlinkSync(`/proc/self/fd/${fd}`);
    const folder = path.replace(/\/[^/]*\.tmp$/, '');
    fs.fsync(fd, error => {
      synced.push({ path, named: fs.existsSync(`${folder}/a.json`) });
      done(error);
    });
  };
  return { ...fs, fsync };
});

let folder: StateFolder;

beforeEach(async () => {
  folder = await makeStateFolder(tmpdir());
});

afterEach(async () => {
  await folder.destroy();
});

const TEMPORARY: unknown = expect.stringMatching(/\.tmp$/);

it('put() of a new file syncs the file before it gets its name, and then the folder', async () => {
  const store = await folder.open();
  synced.length = 0;
  await store.put(KEY, bodyOf('one'), ABSENT);
  expect(synced).toEqual([
    { path: TEMPORARY, named: false },
    { path: folder.path, named: true },
  ]);
});

it('put() over a file syncs the new one, and then the folder', async () => {
  const store = await folder.open();
  await write(store, KEY, 'one');
  synced.length = 0;
  await write(store, KEY, 'two');
  expect(synced.map(({ path }) => path)).toEqual([TEMPORARY, folder.path]);
});

it('delete() syncs the folder after the file is gone', async () => {
  const store = await folder.open();
  await write(store, KEY, 'one');
  synced.length = 0;
  await store.delete(KEY, UNCONDITIONAL);
  expect(synced).toEqual([{ path: folder.path, named: false }]);
});
