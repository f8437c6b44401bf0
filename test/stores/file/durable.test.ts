import type * as FileSystem from 'node:fs';
import { readFileSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ABSENT, type ObjectStore, UNCONDITIONAL } from '../../../lib/store.ts';
import { bodyOf, largeBody, textOf } from '../../conformance/body.ts';
import { write } from '../../conformance/write.ts';
import { makeStateFolder, type StateFolder } from '../state-folder.ts';

const KEY = 'jobs/a.json';
const LARGEST_RECORDED = 64 * 1024;

/** What was synced, by its name at that moment, and whether the job had its final name. */
const synced = vi.hoisted((): { path: string; named: boolean }[] => []);
/** Syncs of this kind fail. */
const failing = vi.hoisted((): { at: 'file' | 'folder' | 'journal' | null } => ({ at: null }));

// A killed process loses no write that the system has accepted. Only this shows what a crash of the machine would lose.
vi.mock('node:fs', async original => {
  const fs = await original<typeof FileSystem>();
  const root = (path: string) =>
    path.replace(/\/(?:\.dalsegno\/journal\/)?[^/]*\.(?:tmp|journal)$/, '');
  const failure = Object.assign(new Error('EIO'), { code: 'EIO', errno: -5 });
  const syncWith =
    (sync: typeof FileSystem.fsync) => (fd: number, done: FileSystem.NoParamCallback) => {
      const path = fs.readlinkSync(`/proc/self/fd/${fd}`);
      const isFolder = fs.fstatSync(fd).isDirectory();
      const kind = isFolder ? 'folder' : path.endsWith('.journal') ? 'journal' : 'file';
      if (failing.at === kind) return done(failure);
      sync(fd, error => {
        synced.push({ path, named: fs.existsSync(`${root(path)}/a.json`) });
        done(error);
      });
    };
  return { ...fs, fsync: syncWith(fs.fsync), fdatasync: syncWith(fs.fdatasync) };
});

let folder: StateFolder;

beforeEach(async () => {
  failing.at = null;
  folder = await makeStateFolder(tmpdir());
});

afterEach(async () => {
  failing.at = null;
  await folder.destroy();
});

const TEMPORARY: unknown = expect.stringMatching(/\.tmp$/);
const JOURNAL: unknown = expect.stringMatching(/\.journal$/);

describe('with a journal', () => {
  let store: ObjectStore;

  beforeEach(async () => {
    store = await folder.open({ startTimer: () => () => {} });
    await write(store, 'jobs/first.json', 'opens the journal');
    synced.length = 0;
  });

  it('put() of a new file syncs its record before it gets its name, and nothing else', async () => {
    await store.put(KEY, bodyOf('one'), ABSENT);
    expect(synced).toEqual([{ path: JOURNAL, named: false }]);
  });

  it('put() over a file and delete() sync one record each', async () => {
    await write(store, KEY, 'one');
    synced.length = 0;
    await write(store, KEY, 'two');
    await store.delete(KEY, UNCONDITIONAL);
    expect(synced).toEqual([
      { path: JOURNAL, named: true },
      { path: JOURNAL, named: true },
    ]);
  });

  it('put() and delete() of ordered objects sync nothing, and the next durable write syncs them', async () => {
    await store.put('ready/1', bodyOf(''), UNCONDITIONAL, undefined, 'ordered');
    await store.put('leases/a.1.json', bodyOf('lease'), ABSENT, undefined, 'ordered');
    await store.delete('ready/1', UNCONDITIONAL, 'ordered');
    expect(synced).toEqual([]);
    await write(store, KEY, 'one');
    expect(synced).toEqual([{ path: JOURNAL, named: false }]);
  });

  it('put() of many files at once shares two syncs at most', async () => {
    const keys = Array.from({ length: 50 }, (_, index) => `jobs/${index}.json`);
    await Promise.all(keys.map(key => write(store, key, 'one')));
    expect(synced.length).toBeLessThan(3);
  });

  it('put() of 64 KB syncs its record', async () => {
    await store.put(KEY, largeBody(LARGEST_RECORDED), ABSENT);
    expect(synced).toEqual([{ path: JOURNAL, named: false }]);
  });

  it('put() of a larger file syncs the file, and then the folder', async () => {
    await store.put(KEY, largeBody(LARGEST_RECORDED + 1), ABSENT);
    expect(synced).toEqual([
      { path: TEMPORARY, named: false },
      { path: folder.path, named: true },
    ]);
  });

  it('put() of a large file also syncs the records before it, before it gets its name', async () => {
    await store.put('ready/1', bodyOf(''), UNCONDITIONAL, undefined, 'ordered');
    await store.put(KEY, largeBody(200_000), ABSENT);
    expect(synced.map(({ path }) => path)).toContainEqual(JOURNAL);
    expect(synced.filter(({ named }) => named)).toEqual([{ path: folder.path, named: true }]);
  });

  it('close() syncs the files and their folders', async () => {
    await write(store, KEY, 'one');
    await store.put('ready/1', bodyOf(''), UNCONDITIONAL, undefined, 'ordered');
    synced.length = 0;
    await store.close();
    const paths = synced.map(({ path }) => path);
    const inRoot = ['first.json', 'a.json'].map(name => `${folder.path}/${name}`);
    expect(paths).toEqual(expect.arrayContaining([...inRoot, folder.path]));
    expect(paths).toContain(`${folder.path}/.dalsegno/ready`);
  });

  it('put() rejects and changes nothing when the journal cannot be synced', async () => {
    const version = await write(store, KEY, 'one');
    failing.at = 'journal';
    await expect(write(store, KEY, 'two')).rejects.toThrow('i/o error');
    expect(await store.head(KEY)).toBe(version);
  });

  it('put() goes without a journal until one can be made again', async () => {
    failing.at = 'journal';
    await expect(write(store, KEY, 'one')).rejects.toThrow('i/o error');
    synced.length = 0;
    await write(store, KEY, 'two');
    expect(synced.map(({ path }) => path)).toEqual(
      expect.arrayContaining([TEMPORARY, folder.path]),
    );
    expect(folder.journals()).toEqual([]);
    failing.at = null;
    folder.clock.advance(5_000);
    await write(store, KEY, 'three');
    expect(folder.journals()).toHaveLength(1);
  });

  it('a file that could not be synced is written to another one, also later', async () => {
    const { store: timed, fire } = await openTimed();
    await write(timed, KEY, 'one');
    const { ino } = statSync(`${folder.path}/a.json`);
    failing.at = 'file';
    await fire();
    expect(statSync(`${folder.path}/a.json`).ino).toBe(ino);
    failing.at = null;
    await fire();
    expect(statSync(`${folder.path}/a.json`).ino).not.toBe(ino);
    expect(readFileSync(`${folder.path}/a.json`, 'utf8')).toBe('one');
  });

  it('put() of an ordered object that no journal could take is in the next one', async () => {
    const gate = Promise.withResolvers<void>();
    const gated = await folder.open({
      startTimer: () => () => {},
      async writeSome(fd, body, offset) {
        if (textOf(body) === 'lease') await gate.promise;
        return writeSync(fd, body, offset);
      },
    });
    await write(gated, KEY, 'one');
    const ordered = gated.put('leases/a.1.json', bodyOf('lease'), ABSENT, undefined, 'ordered');
    failing.at = 'journal';
    await expect(write(gated, KEY, 'two')).rejects.toThrow('i/o error');
    gate.resolve();
    await ordered;
    failing.at = null;
    folder.clock.advance(5_000);
    await write(gated, KEY, 'three');
    const journals = folder.journals().map(name => {
      return readFileSync(`${folder.path}/.dalsegno/journal/${name}`, 'latin1');
    });
    expect(journals.filter(text => text.includes('leases/a.1.json'))).toHaveLength(1);
  });
});

/** `fire` runs the task of the timer, and resolves when it has started the timer again or has synced everything. */
async function openTimed(): Promise<{
  readonly store: ObjectStore;
  readonly fire: () => Promise<void>;
}> {
  let task: (() => void) | null = null;
  const timed = await folder.open({
    startTimer: next => {
      task = next;
      return () => {};
    },
  });
  return {
    store: timed,
    async fire() {
      const due = task;
      const before = synced.length;
      task = null;
      due?.();
      await vi.waitFor(() => expect(task !== null || synced.length > before + 2).toBe(true), {
        timeout: 60_000,
      });
    },
  };
}

describe('without a journal', () => {
  let store: ObjectStore;

  beforeEach(async () => {
    store = await folder.open({ bootId: null });
    synced.length = 0;
  });

  it('put() of a new file syncs the file before it gets its name, and then the folder', async () => {
    await store.put(KEY, bodyOf('one'), ABSENT);
    expect(synced).toEqual([
      { path: TEMPORARY, named: false },
      { path: folder.path, named: true },
    ]);
  });

  it('put() over a file syncs the new one, and then the folder', async () => {
    await write(store, KEY, 'one');
    synced.length = 0;
    await write(store, KEY, 'two');
    expect(synced.map(({ path }) => path)).toEqual([TEMPORARY, folder.path]);
  });

  it('delete() syncs the folder after the file is gone', async () => {
    await write(store, KEY, 'one');
    synced.length = 0;
    await store.delete(KEY, UNCONDITIONAL);
    expect(synced).toEqual([{ path: folder.path, named: false }]);
  });

  it('put() rejects when the folder cannot be synced', async () => {
    failing.at = 'folder';
    await expect(write(store, KEY, 'one')).rejects.toThrow('i/o error');
  });
});
