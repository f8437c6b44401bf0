import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { tryLock } from 'fs-native-extensions';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { atVersion } from '../../../lib/store.ts';
import { bodyOf } from '../../conformance/body.ts';
import { write } from '../../conformance/write.ts';
import { makeStateFolder, type StateFolder } from '../state-folder.ts';

const KEY = 'jobs/a.json';
const RACES = 25;
const SCRIPT = new URL('writer-process.ts', import.meta.url);

/** Two processes for all tests, which open the store of each. */
const racers = [fork(SCRIPT, ['race', KEY]), fork(SCRIPT, ['race', KEY])] as const;

let folder: StateFolder;
let moved = 0;

afterAll(() => {
  for (const racer of racers) racer.kill('SIGKILL');
});

beforeEach(async () => {
  folder = await makeStateFolder();
});

afterEach(async () => {
  await folder.destroy();
});

/** What another program may do to the lock file. */
const REPLACEMENTS = {
  'removed and made again'() {
    rmSync(lockPath(), { force: true });
    writeFileSync(lockPath(), '');
  },
  'written over by a renamed copy'() {
    writeFileSync(`${hiddenPath()}/lock.new`, '');
    renameSync(`${hiddenPath()}/lock.new`, lockPath());
  },
  removed() {
    rmSync(lockPath(), { force: true });
  },
  'gone with its folder'() {
    moveHiddenAway();
  },
  'in a folder that another one has replaced'() {
    const copy = `${folder.path}/.copy`;
    rmSync(copy, { recursive: true, force: true });
    mkdirSync(copy);
    writeFileSync(`${copy}/lock`, '');
    moveHiddenAway();
    // A writer may have created it again by now.
    if (!existsSync(hiddenPath())) renameOver(copy, hiddenPath());
  },
} as const;
const names = Object.keys(REPLACEMENTS) as (keyof typeof REPLACEMENTS)[];

describe('two processes and a lock file that another program replaces', () => {
  it.each(names)(
    'put() has one winner in each of 25 races when it is %s between two starts',
    async name => {
      await openIn(racers[0]);
      REPLACEMENTS[name]();
      await openIn(racers[1]);
      expect(await raceOften()).toEqual({ winners: RACES, doubles: 0 });
    },
  );

  it.each(names)(
    'put() has one winner in each of 25 races when it is %s before each',
    async name => {
      await Promise.all(racers.map(openIn));
      const raced = await raceOften({ before: REPLACEMENTS[name] });
      expect(raced).toEqual({ winners: RACES, doubles: 0 });
    },
  );

  it.each(names)(
    'put() has one winner in each of 25 races when it is %s during each',
    async name => {
      await Promise.all(racers.map(openIn));
      const raced = await raceOften({ during: REPLACEMENTS[name] });
      expect(raced.doubles).toBe(0);
    },
  );
});

describe('a lock file that is replaced while a writer holds it', () => {
  it('put() of a rival that locks the new one waits for the writer, and is refused', async () => {
    const doubles: number[] = [];
    for (let round = 1; round <= 20; round += 1) {
      const version = await write(await folder.open(), KEY, `round ${round}`);
      const waiting = Promise.withResolvers<void>();
      const writing = Promise.withResolvers<void>();
      const rival = await folder.open({
        delay: () => {
          waiting.resolve();
          // The writer syncs its record meanwhile, and the rival gives up after a thousand tries.
          return writing.promise.then(() => wait(10));
        },
      });
      const writer = await folder.open({
        onCrashPoint: step => {
          if (step !== 'claimed') return;
          REPLACEMENTS['removed and made again']();
          writing.resolve();
        },
      });
      const release = holdLock();
      const rivalry = rival.put(KEY, bodyOf('rival'), atVersion(version));
      await waiting.promise;
      release();
      const written = await writer.put(KEY, bodyOf('writer'), atVersion(version));
      expect(written).not.toBeNull();
      if ((await rivalry) !== null) doubles.push(round);
    }
    expect(doubles).toEqual([]);
  });

  it('put() locks the file that has the name now', async () => {
    const store = await folder.open();
    const version = await write(store, KEY, 'one');
    const before = statSync(lockPath()).ino;
    REPLACEMENTS['written over by a renamed copy']();
    expect(await store.put(KEY, bodyOf('two'), atVersion(version))).not.toBeNull();
    expect(statSync(lockPath()).ino).not.toBe(before);
    expect(await store.put(KEY, bodyOf('three'), atVersion(version))).toBeNull();
    expect(readFileSync(`${folder.path}/a.json`, 'utf8')).toBe('two');
  });

  it.each(['removed', 'gone with its folder'] as const)(
    'put() creates it again when it is %s',
    async name => {
      const store = await folder.open();
      await write(store, KEY, 'one');
      REPLACEMENTS[name]();
      await write(store, KEY, 'two');
      expect(existsSync(lockPath())).toBe(true);
    },
  );

  it('delete() creates it again when it is gone', async () => {
    const store = await folder.open();
    const version = await write(store, KEY, 'one');
    REPLACEMENTS['gone with its folder']();
    expect(await store.delete(KEY, atVersion(version))).toBe(true);
    expect(existsSync(lockPath())).toBe(true);
  });

  it('put() keeps no file open that has lost its name', async () => {
    const store = await folder.open();
    for (let round = 0; round < 20; round += 1) {
      await write(store, KEY, `${round}`);
      REPLACEMENTS['gone with its folder']();
    }
    await write(store, KEY, 'last');
    // Replaced files are closed behind.
    await vi.waitFor(() => expect(openFilesWithoutName()).toEqual([]), { timeout: 60_000 });
  });

  it('put() rejects when a folder has its name', async () => {
    const store = await folder.open();
    await write(store, KEY, 'one');
    rmSync(lockPath());
    mkdirSync(lockPath());
    await expect(write(store, KEY, 'two')).rejects.toThrow('Cannot write');
    rmSync(lockPath(), { recursive: true });
    await write(store, KEY, 'three');
  });
});

/** Both write with the same expected version, this many times. */
async function raceOften({
  before = nothing,
  during = nothing,
}: {
  before?: () => void;
  during?: () => void;
} = {}): Promise<{ readonly winners: number; readonly doubles: number }> {
  const store = await folder.open();
  let winners = 0;
  let doubles = 0;
  for (let race = 1; race <= RACES; race += 1) {
    const version = await write(store, KEY, `race ${race}`);
    before();
    const answers = racers.map(racer => once(racer, 'message'));
    for (const racer of racers) racer.send({ put: version });
    await settledWhile(Promise.all(answers), during);
    const won = (await Promise.all(answers)).filter(([stored]) => stored === true).length;
    winners += Math.min(won, 1);
    doubles += won > 1 ? 1 : 0;
  }
  return { winners, doubles };
}

/** Repeats a call, a few times per millisecond, until the promise settles. */
async function settledWhile(promise: Promise<unknown>, again: () => void): Promise<void> {
  const settled = promise.then(() => true);
  do again();
  while (!(await Promise.race([settled, nextTurn()])));
}

function nextTurn(): Promise<false> {
  return new Promise(resolve => setImmediate(() => resolve(false)));
}

function nothing(): void {}

/** As a process that has just been started on the folder of the test. */
async function openIn(racer: ChildProcess): Promise<void> {
  const answer = once(racer, 'message');
  racer.send({ open: folder.path });
  expect(await answer).toEqual(['ready', undefined]);
}

/** The open files of this process below the folder of the test. */
function openFilesWithoutName(): string[] {
  return readdirSync('/proc/self/fd')
    .map(fd => linkOf(`/proc/self/fd/${fd}`))
    .filter(path => path.startsWith(folder.path) && path.endsWith(' (deleted)'));
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // The descriptor of the listing itself is closed by now.
    return '';
  }
}

/** Locks like another process. Returns the release. */
function holdLock(): () => void {
  const fd = openSync(lockPath(), 'r+');
  expect(tryLock(fd)).toBe(true);
  return () => closeSync(fd);
}

/** In one step. Removing file by file would collide with files that a writer creates meanwhile. */
function moveHiddenAway(): void {
  moved += 1;
  renameOver(hiddenPath(), `${folder.path}/.old-${moved}`);
  rmSync(`${folder.path}/.old-${moved}`, { recursive: true, force: true });
}

function renameOver(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    const isMade = error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY';
    const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMade && !isGone) throw error;
  }
}

function hiddenPath(): string {
  return `${folder.path}/.dalsegno`;
}

function lockPath(): string {
  return `${hiddenPath()}/lock`;
}
