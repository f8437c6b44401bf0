import { readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UNCONDITIONAL } from '../../../lib/store.ts';
import { bodyOf } from '../../conformance/body.ts';
import { pollLines } from '../../conformance/follow.ts';
import { collect } from '../../conformance/write.ts';
import { makeStateFolder, type StateFolder } from '../state-folder.ts';

const KEY = 'probe/write';

let folder: StateFolder;

beforeEach(async () => {
  folder = await makeStateFolder();
});

afterEach(async () => {
  await folder.destroy();
});

describe('a probe', () => {
  it('put() writes it beside the jobs, where no glob of *.json, list or follower finds it', async () => {
    const store = await folder.open();
    const follower = store.follow('jobs/');
    await store.put(KEY, bodyOf('probe'), UNCONDITIONAL);
    expect(readdirSync(folder.path)).toEqual(['.dalsegno', '.dalsegno-probe-write.tmp']);
    expect(store.locate(KEY)).toBe(`${folder.path}/.dalsegno-probe-write.tmp`);
    expect(await collect(store.list('jobs/'))).toEqual([]);
    expect(await pollLines(follower)).toEqual([]);
    expect(await store.delete(KEY, UNCONDITIONAL)).toBe(true);
    expect(readdirSync(folder.path)).toEqual(['.dalsegno']);
  });

  it('createFileStore() and poll() remove one that was left behind', async () => {
    const leftover = `${folder.path}/.dalsegno-probe-write.tmp`;
    writeFileSync(leftover, 'left');
    const store = await folder.open();
    expect(readdirSync(folder.path)).toEqual(['.dalsegno']);
    writeFileSync(leftover, 'left');
    await pollLines(store.follow('jobs/'));
    expect(readdirSync(folder.path)).toEqual(['.dalsegno']);
  });

  it('put() of two processes at once does no harm to either', async () => {
    const stores = [await folder.open(), await folder.open()];
    const rounds = Array.from({ length: 50 }, () => stores).flat();
    const outcomes = rounds.map(async store => {
      await store.put(KEY, bodyOf('probe'), UNCONDITIONAL);
      return store.delete(KEY, UNCONDITIONAL);
    });
    expect(new Set(await Promise.all(outcomes))).toEqual(new Set([true]));
    expect(readdirSync(folder.path)).toEqual(['.dalsegno']);
  });
});
