import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ABSENT, StoreError, UNCONDITIONAL } from '../../../lib/store.ts';
import { shareSync } from '../../../lib/stores/file/folder.ts';
import { createModificationTimes } from '../../../lib/stores/file/modification-time.ts';
import { createFileStore } from '../../../lib/stores/file.ts';
import { bodyOf, largeBody, sameBytes, textOf } from '../../conformance/body.ts';
import { collect, write } from '../../conformance/write.ts';
import { makeStateFolder, type StateFolder } from '../state-folder.ts';

const KEY = 'jobs/a.json';

let folder: StateFolder;

beforeEach(async () => {
  folder = await makeStateFolder(tmpdir());
});

afterEach(async () => {
  await folder.destroy();
});

describe('the bytes', () => {
  it('put() writes every byte when the system takes a few at a time', async () => {
    let writes = 0;
    const store = await folder.open({
      writeSome: (fd, body, offset) => {
        writes += 1;
        return writeSync(fd, body, offset, Math.min(999, body.byteLength - offset));
      },
    });
    const body = largeBody(100_000);
    await store.put(KEY, body, UNCONDITIONAL);
    const stored = await store.get(KEY);
    expect(sameBytes(stored?.body ?? new Uint8Array(), body)).toBe(true);
    expect(writes).toBe(101);
  });

  it('put() writes every byte of its parts when the system takes a few at a time', async () => {
    let writes = 0;
    const body = largeBody(200_000);
    const store = await folder.open({
      async writeParts(fd, parts) {
        writes += 1;
        const bytes = Buffer.concat(parts).subarray(0, 9999);
        return writeSync(fd, bytes);
      },
    });
    const cuts = [0, 10, 9999, 10_000, 150_000, 199_999];
    const parts = cuts.map((from, index) => body.subarray(from, cuts[index + 1]));
    await store.put(KEY, parts, UNCONDITIONAL);
    const stored = await store.get(KEY);
    expect(sameBytes(stored?.body ?? new Uint8Array(), body)).toBe(true);
    expect(writes).toBe(21);
  });

  it('put() of parts rejects and keeps the old file when the disk takes none of them', async () => {
    await write(await folder.open(), KEY, 'one');
    const store = await folder.open({ writeParts: async () => 0 });
    const attempt = store.put(KEY, [bodyOf('two'), bodyOf('three')], UNCONDITIONAL);
    await expect(attempt).rejects.toThrow('the disk took none of the last 8 bytes');
    expect(textOf((await store.get(KEY))?.body)).toBe('one');
    expect(readdirSync(folder.path).toSorted()).toEqual(['.dalsegno', 'a.json']);
  });

  it('put() rejects and keeps the old file when the disk is full', async () => {
    await write(await folder.open(), KEY, 'one');
    const store = await folder.open({ writeSome: () => 0 });
    await expect(store.put(KEY, bodyOf('two'), UNCONDITIONAL)).rejects.toThrow(StoreError);
    expect(textOf((await store.get(KEY))?.body)).toBe('one');
    expect(readdirSync(folder.path).toSorted()).toEqual(['.dalsegno', 'a.json']);
  });

  it('put() names the action, the file and the reason, with the cause, when a write fails', async () => {
    const cause = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', errno: -28 });
    const store = await folder.open({ writeSome: () => Promise.reject(cause) });
    const attempt = store.put(KEY, bodyOf('two'), ABSENT);
    await expect(attempt).rejects.toMatchObject({
      message: `Cannot write "${folder.path}/a.json": no space left on device`,
      cause,
    });
    expect(readdirSync(folder.path)).toEqual(['.dalsegno']);
  });
});

describe('the files', () => {
  it('put() makes only jobs visible to a glob of *.json', async () => {
    const store = await folder.open();
    await write(store, 'jobs/a.json', 'job');
    await write(store, 'leases/a.1.json', 'lease');
    await write(store, 'ready/1~a', '');
    await write(store, 'jobs/no suffix', 'other');
    expect(readdirSync(folder.path).toSorted()).toEqual(['.dalsegno', 'a.json']);
    expect(readdirSync(`${folder.path}/.dalsegno`).toSorted()).toEqual([
      'jobs',
      'journal',
      'leases',
      'lock',
      'ready',
      'tmp',
    ]);
  });

  it('locate() gives the path below the directory as it was configured', async () => {
    const directory = `${folder.path}/../${folder.path.split('/').at(-1)}/`;
    const store = await createFileStore({ directory, now: Date.now, random: Math.random });
    expect(store.locate('jobs/a.json')).toBe(`${directory}a.json`);
    expect(store.locate('leases/a.1.json')).toBe(`${directory}.dalsegno/leases/a.1.json`);
    await store.close();
  });

  it('list() gives regular files and links to them among other things', async () => {
    const store = await folder.open();
    await write(store, 'jobs/a.json', 'job');
    mkdirSync(`${folder.path}/folder.json`);
    writeFileSync(`${folder.path}/notes.txt`, 'x');
    writeFileSync(`${folder.path}/.dalsegno/elsewhere`, 'x');
    execFileSync('mkfifo', [`${folder.path}/pipe.json`]);
    execFileSync('ln', ['-s', '.dalsegno/elsewhere', `${folder.path}/link.json`]);
    execFileSync('ln', ['-s', 'nowhere', `${folder.path}/dangling.json`]);
    execFileSync('ln', ['-s', 'loop.json', `${folder.path}/loop.json`]);
    const entries = await collect(store.list('jobs/'));
    expect(entries.map(({ key }) => key).toSorted()).toEqual(['jobs/a.json', 'jobs/link.json']);
  });

  it('get() rejects when the name belongs to a folder or a pipe', async () => {
    const store = await folder.open();
    mkdirSync(`${folder.path}/folder.json`);
    execFileSync('mkfifo', [`${folder.path}/pipe.json`]);
    await expect(store.get('jobs/folder.json')).rejects.toThrow('it is not a regular file');
    await expect(store.get('jobs/pipe.json')).rejects.toThrow('it is not a regular file');
  });

  it('get() and head() return null when the name is too long', async () => {
    const store = await folder.open();
    const key = `jobs/${'n'.repeat(300)}.json`;
    expect(await store.get(key)).toBeNull();
    expect(await store.head(key)).toBeNull();
  });

  it.each([
    'jobs/../a.json',
    '../a.json',
    'a.json',
    'jobs/',
    '/a.json',
    'jobs/a/b.json',
    'jobs/..',
  ])('put() and get() reject when the key %s would leave its folder', async key => {
    const store = await folder.open();
    await expect(store.put(key, bodyOf('x'), UNCONDITIONAL)).rejects.toThrow(StoreError);
    await expect(store.get(key)).rejects.toThrow(StoreError);
  });

  it('createFileStore() rejects when the directory is a file', async () => {
    const directory = `${folder.path}/file`;
    writeFileSync(directory, '');
    const opening = createFileStore({ directory, now: Date.now, random: Math.random });
    await expect(opening).rejects.toThrow(StoreError);
  });
});

describe('the versions', () => {
  it('head() gives another version when another program replaces the file', async () => {
    const store = await folder.open();
    const version = await write(store, KEY, 'one');
    writeFileSync(`${folder.path}/new`, 'two');
    execFileSync('mv', [`${folder.path}/new`, `${folder.path}/a.json`]);
    expect(await store.head(KEY)).not.toBe(version);
  });

  it('head() gives another version when another program rewrites the file in place', async () => {
    const store = await folder.open();
    const version = await write(store, KEY, 'one');
    writeFileSync(`${folder.path}/a.json`, 'two');
    expect(await store.head(KEY)).not.toBe(version);
  });

  it('put() gives each file a later time when the clock stands still', async () => {
    const store = await createFileStore({
      directory: folder.path,
      now: () => 1_800_000_000_000,
      random: () => 0.999,
    });
    const times: bigint[] = [];
    for (let round = 0; round < 1_200; round += 1) {
      await write(store, KEY, 'same');
      times.push(statSync(`${folder.path}/a.json`, { bigint: true }).mtimeNs);
    }
    await store.close();
    const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0n));
    expect(steps.filter(step => step <= 0n)).toEqual([]);
  });

  it('put() gives a later time when the replaced file has a time in the future', async () => {
    const store = await folder.open();
    writeFileSync(`${folder.path}/a.json`, 'one');
    utimesSync(`${folder.path}/a.json`, 4_000_000_000, 4_000_000_000);
    await write(store, KEY, 'two');
    const { mtimeNs } = statSync(`${folder.path}/a.json`, { bigint: true });
    expect(mtimeNs).toBeGreaterThan(4_000_000_000_000_000_000n);
  });

  it('after() never repeats a time within 500 writes of one millisecond', () => {
    const times = createModificationTimes({ now: () => 1, random: () => 0.5 });
    const chosen = Array.from({ length: 500 }, () => times.after(null));
    expect(new Set(chosen).size).toBe(500);
  });
});

describe('shareSync()', () => {
  it('shareSync() gives calls during a sync the next one together', async () => {
    const started: PromiseWithResolvers<void>[] = [];
    const sync = shareSync(() => {
      const running = Promise.withResolvers<void>();
      started.push(running);
      return running.promise;
    });
    const first = sync();
    const second = sync();
    const third = sync();
    expect(started).toHaveLength(1);
    started[0]?.resolve();
    await first;
    expect(started).toHaveLength(2);
    const fourth = sync();
    started[1]?.resolve();
    await Promise.all([second, third]);
    expect(started).toHaveLength(3);
    started[2]?.resolve();
    await fourth;
    expect(started).toHaveLength(3);
  });

  it('shareSync() rejects only the calls that waited for the failed sync', async () => {
    const outcomes = [Promise.reject(new Error('EIO')), Promise.resolve()];
    const sync = shareSync(() => outcomes.shift() ?? Promise.reject(new Error('too many')));
    const first = sync();
    const second = sync();
    await expect(first).rejects.toThrow('EIO');
    await expect(second).resolves.toBeUndefined();
  });
});
