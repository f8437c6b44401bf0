import { randomUUID } from 'node:crypto';
import { readdirSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ABSENT, UNCONDITIONAL } from '../../../lib/store.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { pollLines } from '../../conformance/follow.ts';
import { collect, write } from '../../conformance/write.ts';
import { makeStateFolder, type StateFolder } from '../state-folder.ts';

const KEY = 'jobs/a.json';

let folder: StateFolder;

beforeEach(async () => {
  folder = await makeStateFolder();
});

afterEach(async () => {
  await folder.destroy();
});

describe('stale temporary files of killed writers', () => {
  it('createFileStore() removes them from every folder', async () => {
    const store = await folder.open();
    await write(store, 'leases/a.1.json', 'lease');
    const paths = [folder.path, `${folder.path}/.dalsegno/leases`, temporaryFolder()];
    for (const path of paths) writeFileSync(`${path}/.${randomUUID()}.tmp`, 'half');
    await folder.open();
    expect(temporariesIn(...paths)).toEqual([]);
  });

  it('createFileStore() keeps files that it did not create', async () => {
    writeFileSync(`${folder.path}/.mine.tmp`, 'x');
    writeFileSync(`${folder.path}/a.json.tmp`, 'x');
    await folder.open();
    expect(readdirSync(folder.path).toSorted()).toEqual(['.dalsegno', '.mine.tmp', 'a.json.tmp']);
  });

  it('createFileStore() keeps the temporary file of a running writer', async () => {
    const writing = Promise.withResolvers<void>();
    const resume = Promise.withResolvers<void>();
    const store = await folder.open({
      writeSome: async (fd, body, offset) => {
        writing.resolve();
        await resume.promise;
        return writeSync(fd, body, offset);
      },
    });
    const putting = store.put(KEY, bodyOf('one'), ABSENT);
    await writing.promise;
    await folder.open();
    expect(temporariesIn(temporaryFolder())).toHaveLength(1);
    resume.resolve();
    expect(await putting).not.toBeNull();
    expect(temporariesIn(temporaryFolder())).toEqual([]);
  });

  it('list() and poll() never show them', async () => {
    const store = await folder.open();
    await write(store, 'leases/a.1.json', 'lease');
    writeFileSync(`${folder.path}/.dalsegno/leases/.${randomUUID()}.tmp`, 'half');
    const keys = (await collect(store.list('leases/'))).map(({ key }) => key);
    expect(keys).toEqual(['leases/a.1.json']);
    expect(await pollLines(store.follow('leases/'))).toEqual(['stored leases/a.1.json: lease']);
  });

  it.each(['follow', 'followNames'] as const)(
    '%s(): poll() removes them when it scans the folder',
    async follow => {
      const store = await folder.open();
      await write(store, 'leases/a.1.json', 'lease');
      const follower = store[follow]('leases/');
      for await (const _ of follower.poll());
      const paths = [`${folder.path}/.dalsegno/leases`, temporaryFolder()];
      for (const path of paths) writeFileSync(`${path}/.${randomUUID()}.tmp`, 'half');
      folder.clock.advance(30_000);
      for await (const _ of follower.poll());
      expect(temporariesIn(...paths)).toEqual([]);
    },
  );

  it.each([UNCONDITIONAL, ABSENT])(
    'put() writes again when a cleaner took its temporary: %o',
    async precondition => {
      let cleaned = 0;
      const store = await folder.open({
        onCrashPoint: step => {
          if (step !== 'filled' || cleaned === 2) return;
          cleaned += 1;
          removeTemporaries(temporaryFolder());
        },
      });
      expect(await store.put(KEY, bodyOf('one'), precondition)).not.toBeNull();
      expect(textOf((await store.get(KEY))?.body)).toBe('one');
    },
  );

  it('put() rejects when its temporary vanishes each time', async () => {
    const store = await folder.open({
      onCrashPoint: step => {
        if (step === 'filled') removeTemporaries(temporaryFolder());
      },
    });
    await expect(store.put(KEY, bodyOf('one'), UNCONDITIONAL)).rejects.toThrow('vanished 3 times');
  });
});

function temporaryFolder(): string {
  return `${folder.path}/.dalsegno/tmp`;
}

function temporariesIn(...folders: readonly string[]): string[] {
  return folders.flatMap(path => readdirSync(path)).filter(name => name.endsWith('.tmp'));
}

function removeTemporaries(path: string): void {
  for (const name of temporariesIn(path)) unlinkSync(`${path}/${name}`);
}
