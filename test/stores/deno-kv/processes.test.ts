import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openKv } from '@deno/kv';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { textOf } from '../../conformance/body.ts';
import { write } from '../../conformance/write.ts';
import { makeLastingFolder } from '../../support/temporary-folder.ts';
import { storeOn } from './medium.ts';

const KEY = 'jobs/a.json';
const SCRIPT = new URL('process.ts', import.meta.url);

let folder: string;

beforeEach(async () => {
  folder = await makeLastingFolder();
});

afterEach(() => rm(folder, { recursive: true, force: true }));

it('put() loses and doubles none of 100 compare-and-swaps by two processes on one file', async () => {
  const file = join(folder, 'kv.sqlite');
  const store = storeOn(await openKv(file));
  await write(store, KEY, '0');
  const processes = [fork(SCRIPT, [file, KEY, '50']), fork(SCRIPT, [file, KEY, '50'])];
  await Promise.all(processes.map(child => once(child, 'message')));
  const answers = processes.map(child => once(child, 'message'));
  for (const child of processes) child.send('go');
  const stored = (await Promise.all(answers)).flatMap(([numbers]) => numbers as number[]);
  const expected = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(stored.toSorted((left, right) => left - right)).toEqual(expected);
  expect(textOf((await store.get(KEY))?.body)).toBe('100');
  await store.close();
});
