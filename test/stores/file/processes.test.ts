import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { tryLock, unlock } from 'fs-native-extensions';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ABSENT, UNCONDITIONAL } from '../../../lib/store.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { write } from '../../conformance/write.ts';
import { makeStateFolder, type StateFolder } from '../state-folder.ts';

const KEY = 'jobs/a.json';
const SCRIPT = new URL('writer-process.ts', import.meta.url);

let folder: StateFolder;

beforeEach(async () => {
  folder = await makeStateFolder();
});

afterEach(async () => {
  await folder.destroy();
});

describe('two processes', () => {
  it('put() loses and doubles none of 200 compare-and-swaps by two times 8 writers', async () => {
    await write(await folder.open(), KEY, '0');
    const processes = [start('count', KEY, '100'), start('count', KEY, '100')];
    await Promise.all(processes.map(child => once(child, 'message')));
    const answers = processes.map(child => once(child, 'message'));
    for (const child of processes) child.send('go');
    const stored = (await Promise.all(answers)).flatMap(([numbers]) => numbers as number[]);
    const expected = Array.from({ length: 200 }, (_, index) => index + 1);
    expect(stored.toSorted((left, right) => left - right)).toEqual(expected);
    expect(readFileSync(`${folder.path}/a.json`, 'utf8')).toBe('200');
    expect(readdirSync(folder.path).toSorted()).toEqual(['.dalsegno', 'a.json']);
  });

  it('put() waits while another process holds the lock, and continues when it is released', async () => {
    const holder = await holdLock();
    let waits = 0;
    const store = await folder.open({
      delay: async () => {
        waits += 1;
        if (waits === 3) holder.release();
      },
    });
    expect(await store.put(KEY, bodyOf('one'), UNCONDITIONAL)).not.toBeNull();
    expect(waits).toBe(3);
  });

  it('put() rejects and leaves nothing behind when another process never releases it', async () => {
    const holder = await holdLock();
    const store = await folder.open({ delay: () => Promise.resolve() });
    const attempt = store.put(KEY, bodyOf('one'), UNCONDITIONAL);
    await expect(attempt).rejects.toThrow('another process holds it');
    expect(readdirSync(folder.path)).toEqual(['.dalsegno']);
    holder.release();
  });
});

const REPLACE_DEATHS = [
  ['opened', '1', 'old'],
  ['locked', '1', 'old'],
  ['wrote', '1', 'old'],
  ['wrote', '2', 'old'],
  ['wrote', '3', 'old'],
  ['filled', '1', 'old'],
  ['claimed', '1', 'old'],
  ['recorded', '1', 'old'],
  ['renamed', '1', 'new'],
  ['released', '1', 'new'],
  ['settled', '1', 'new'],
] as const;

const CREATE_DEATHS = [
  ['opened', '1', null],
  ['locked', '1', null],
  ['wrote', '1', null],
  ['wrote', '2', null],
  ['wrote', '3', null],
  ['filled', '1', null],
  ['claimed', '1', null],
  ['recorded', '1', null],
  ['linked', '1', 'new'],
  ['unlinked', '1', 'new'],
  ['settled', '1', 'new'],
] as const;

describe('a writer killed with SIGKILL', () => {
  it.each(REPLACE_DEATHS)(
    'put() over a file, killed at %s %s, leaves the %s one',
    async (...death) => {
      const [step, nth, text] = death;
      await write(await folder.open(), KEY, 'old');
      await dieAt('replace', step, nth);
      expect(readFileSync(`${folder.path}/a.json`, 'utf8')).toBe(text);
      await expectUsable();
    },
  );

  it.each(CREATE_DEATHS)('put() of a file, killed at %s %s, leaves %s', async (step, nth, text) => {
    await dieAt('create', step, nth);
    const reader = await folder.open();
    expect(textOf((await reader.get(KEY))?.body)).toBe(text);
    await expectUsable();
  });

  it.each(['1', '2', '3'])('put() of parts, killed at wrote %s, leaves the old one', async nth => {
    await write(await folder.open(), KEY, 'old');
    await dieAt('replace parts', 'wrote', nth);
    expect(readFileSync(`${folder.path}/a.json`, 'utf8')).toBe('old');
    await expectUsable();
  });

  /** No file is left behind, and no writer waits for the dead process. */
  async function expectUsable(): Promise<void> {
    const store = await folder.open({ delay: () => Promise.reject(new Error('had to wait')) });
    expect(
      readdirSync(folder.path, { recursive: true, encoding: 'utf8' }).filter(name =>
        name.endsWith('.tmp'),
      ),
    ).toEqual([]);
    await write(store, KEY, 'next');
    expect(await store.put(KEY, bodyOf('other'), ABSENT)).toBeNull();
    expect(textOf((await store.get(KEY))?.body)).toBe('next');
  }

  async function dieAt(mode: string, step: string, nth: string): Promise<void> {
    const child = start('put', KEY, 'new', mode, step, nth);
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
  }
});

function start(task: string, ...rest: readonly string[]): ChildProcess {
  return fork(SCRIPT, [task, folder.path, ...rest]);
}

/** Locks every key, like a writer of another process locks one. */
async function holdLock(): Promise<{ release(): void }> {
  await folder.open();
  const fd = openSync(`${folder.path}/.dalsegno/lock`, 'r+');
  expect(tryLock(fd)).toBe(true);
  return {
    release: () => {
      unlock(fd);
      closeSync(fd);
    },
  };
}
