import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ABSENT, atVersion, type ObjectStore, UNCONDITIONAL } from '../../../../lib/store.ts';
import { createAdoption } from '../../../../lib/stores/file/journal/adoption.ts';
import { TOMBSTONE_NS } from '../../../../lib/stores/file/journal/tombstones.ts';
import { bodyOf, largeBody, textOf } from '../../../conformance/body.ts';
import { collect, write } from '../../../conformance/write.ts';
import { makeStateFolder, type StateFolder } from '../../state-folder.ts';
import { at, deletion, journalsIn, NOW, put, textAt, writeJournal } from './image.ts';

const KEY = 'jobs/a.json';
const SCRIPT = new URL('../writer-process.ts', import.meta.url);

let folder: StateFolder;
/** The folder as the next run of the machine finds it. */
let after: StateFolder;

beforeEach(async () => {
  folder = await makeStateFolder(tmpdir());
  after = await makeStateFolder(tmpdir());
});

afterEach(async () => {
  await folder.destroy();
  await after.destroy();
});

/** Without timers: only `close` syncs files. */
function open(): Promise<ObjectStore> {
  return folder.open({ startTimer: () => () => {} });
}

/** The machine stops. Of the files only those stay that `isKept` names. */
async function restart(isKept: (path: string) => boolean = () => true): Promise<ObjectStore> {
  const { path } = folder;
  const isJournal = (name: string) => name.includes('/.dalsegno/journal');
  cpSync(path, after.path, {
    recursive: true,
    preserveTimestamps: true,
    filter: name => name === path || name.endsWith('.dalsegno') || isJournal(name) || isKept(name),
  });
  return after.open({ bootId: 'the next run' });
}

function nothing(): boolean {
  return false;
}

async function textsOf(store: ObjectStore, keys: readonly string[]): Promise<(string | null)[]> {
  return Promise.all(keys.map(async key => textOf((await store.get(key))?.body)));
}

describe('a restart of the machine that loses every file', () => {
  it('loses no acknowledged create, update or delete, and no ordered write before one', async () => {
    const store = await open();
    await write(store, KEY, 'one');
    const version = await write(store, 'jobs/b.json', 'b');
    await store.put('ready/1~a', bodyOf(''), UNCONDITIONAL, undefined, 'ordered');
    await store.put('ready/2~a', bodyOf(''), UNCONDITIONAL, undefined, 'ordered');
    await store.delete('ready/1~a', UNCONDITIONAL, 'ordered');
    await store.put('leases/a.1.json', bodyOf('lease'), ABSENT, undefined, 'ordered');
    await store.put('jobs/b.json', bodyOf('bb'), atVersion(version));
    await write(store, 'jobs/c.json', 'c');
    await store.delete('jobs/c.json', UNCONDITIONAL);
    const restarted = await restart(nothing);
    const keys = [KEY, 'jobs/b.json', 'jobs/c.json', 'leases/a.1.json'];
    expect(await textsOf(restarted, keys)).toEqual(['one', 'bb', null, 'lease']);
    expect((await collect(restarted.list('ready/'))).map(({ key }) => key)).toEqual(['ready/2~a']);
  });

  it('may lose ordered writes that no durable one followed', async () => {
    const store = await open();
    await write(store, KEY, 'one');
    await store.put('leases/a.1.json', bodyOf('lease'), ABSENT, undefined, 'ordered');
    const restarted = await restart(nothing);
    expect(await textsOf(restarted, [KEY, 'leases/a.1.json'])).toEqual(['one', null]);
  });

  it('loses nothing that was written while segments were used again', async () => {
    const sizes = { segment: 8_192, firstFill: 4_096, fill: 1_024 };
    const store = await folder.open({ startTimer: () => () => {}, journalSizes: sizes });
    const keys = Array.from({ length: 60 }, (_, index) => `jobs/${index}.json`);
    for (const key of keys) await write(store, key, `${key} ${'x'.repeat(500)}`);
    // Those in the last segment. A checkpoint may have synced the files of the one before.
    const recent = new Set(
      keys.slice(-4).map(key => `${folder.path}/${key.slice('jobs/'.length)}`),
    );
    const restarted = await restart(path => !recent.has(path));
    const texts = await textsOf(restarted, keys);
    expect(texts.map(text => text?.split(' ')[0])).toEqual(keys);
  });

  it('keeps a large body over an older record of its key', async () => {
    const store = await open();
    await write(store, KEY, 'one');
    const version = await store.put(KEY, largeBody(200_000), UNCONDITIONAL);
    const restarted = await restart();
    expect((await restarted.get(KEY))?.body.byteLength).toBe(200_000);
    expect(version).not.toBeNull();
  });

  it('finds a job that another process has deleted deleted', async () => {
    const creator = await open();
    const deleter = await open();
    await write(creator, KEY, 'one');
    await write(deleter, 'jobs/b.json', 'b');
    await deleter.delete(KEY, UNCONDITIONAL);
    await deleter.close();
    const restarted = await restart();
    expect(await textsOf(restarted, [KEY, 'jobs/b.json'])).toEqual([null, 'b']);
  });
});

const DEATHS = [
  ['filled', 'old', 'old'],
  ['claimed', 'old', 'old'],
  ['recorded', 'old', 'new'],
  ['renamed', 'new', 'new'],
  ['settled', 'new', 'new'],
] as const;

describe('a writer killed with SIGKILL, and then a restart of the machine', () => {
  it.each(DEATHS)(
    'put() killed at %s leaves %s before and %s after',
    async (step, before, later) => {
      const store = await folder.open();
      await write(store, KEY, 'old');
      await store.close();
      await die(fork(SCRIPT, ['put', folder.path, KEY, 'new', 'replace', step, '1']));
      expect(textAt(`${folder.path}/a.json`)).toBe(before);
      const restarted = await restart();
      expect(await textsOf(restarted, [KEY])).toEqual([later]);
      expect(journalsIn(after.path)).toEqual([]);
    },
  );

  it('a store of the same run of the machine changes nothing, and takes the journal over', async () => {
    const store = await folder.open();
    await write(store, KEY, 'old');
    await store.close();
    await die(fork(SCRIPT, ['put', folder.path, KEY, 'new', 'replace', 'recorded', '1']));
    const next = await folder.open();
    expect(await textsOf(next, [KEY])).toEqual(['old']);
    await write(next, KEY, 'next');
    await next.close();
    expect(folder.journals()).toEqual([]);
    const restarted = await restart();
    expect(await textsOf(restarted, [KEY])).toEqual(['next']);
  });
});

describe('createAdoption()', () => {
  const synced: string[] = [];
  let nowNs = at(10);

  function adopt(): Promise<void> {
    synced.length = 0;
    return adoption();
  }
  let adoption: () => Promise<void>;

  beforeEach(() => {
    nowNs = at(10);
    adoption = createAdoption({
      folder: `${folder.path}/.dalsegno/journal`,
      bootId: NOW,
      nowNs: () => nowNs,
      sync: async ({ files }) => void synced.push(...files),
    });
  });

  it('syncs the files of a dead process, and removes its journal', async () => {
    writeJournal(folder.path, { bootId: NOW, segments: [[put(KEY, 'one', { at: 1 })]] });
    await adopt();
    expect(synced).toEqual([KEY]);
    expect(journalsIn(folder.path)).toEqual([]);
  });

  it('leaves journals of another run of the machine, and those of living processes', async () => {
    const store = await open();
    await write(store, KEY, 'one');
    writeJournal(folder.path, { segments: [[put(KEY, 'one', { at: 1 })]] });
    await adopt();
    expect(synced).toEqual([]);
    expect(journalsIn(folder.path)).toHaveLength(2);
  });

  it('keeps one with young deletions for ten minutes, while there are others', async () => {
    const living = await open();
    await write(living, KEY, 'one');
    const gone = deletion('jobs/gone.json', { at: 1, stamp: 9 });
    writeJournal(folder.path, { bootId: NOW, segments: [[gone]] });
    await adopt();
    expect(journalsIn(folder.path)).toHaveLength(2);
    nowNs = at(9) + TOMBSTONE_NS;
    await adopt();
    expect(journalsIn(folder.path)).toHaveLength(1);
  });

  it('removes one with young deletions where there is no other', async () => {
    const gone = deletion('jobs/gone.json', { at: 1, stamp: 9 });
    writeJournal(folder.path, { bootId: NOW, segments: [[gone]] });
    await adopt();
    expect(journalsIn(folder.path)).toEqual([]);
  });
});

describe('a put that another program overtakes when its record is on the disk already', () => {
  it('is refused, and does not happen after a restart either', async () => {
    const path = `${folder.path}/a.json`;
    const store = await folder.open({
      startTimer: () => () => {},
      onCrashPoint: step => {
        if (step === 'recorded') writeFileSync(path, 'theirs');
      },
    });
    expect(await store.put(KEY, bodyOf('ours'), ABSENT)).toBeNull();
    expect(textAt(path)).toBe('theirs');
    const restarted = await restart(nothing);
    expect(await textsOf(restarted, [KEY])).toEqual([null]);
  });
});

describe('a journal that another program removes', () => {
  it('is made again, and put() loses nothing', async () => {
    const store = await open();
    await write(store, KEY, 'one');
    rmSync(`${folder.path}/.dalsegno`, { recursive: true });
    await write(store, 'jobs/b.json', 'b');
    expect(folder.journals()).toHaveLength(1);
    const restarted = await restart();
    expect(await textsOf(restarted, [KEY, 'jobs/b.json'])).toEqual(['one', 'b']);
  });
});

async function die(child: ChildProcess): Promise<void> {
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
}

describe('close()', () => {
  it('removes the journal also after a deletion, where there is no other', async () => {
    const store = await open();
    await write(store, KEY, 'one');
    await store.delete(KEY, UNCONDITIONAL);
    expect(journalsIn(folder.path)).toHaveLength(1);
    await store.close();
    expect(journalsIn(folder.path)).toEqual([]);
  });
});
