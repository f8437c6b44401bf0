import { fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { textOf } from '../../conformance/body.ts';
import { write } from '../../conformance/write.ts';
import { dropSchema, nextSchema, openStore } from '../../support/postgres/open-store.ts';

const KEY = 'jobs/a.json';
const SCRIPT = new URL('../../support/postgres/writer-process.ts', import.meta.url);

describe('two processes', () => {
  it('put() loses and doubles none of 200 compare-and-swaps by two times 8 writers', async () => {
    const schema = nextSchema();
    const store = openStore(schema);
    onTestFinished(async () => {
      await store.close();
      await dropSchema(schema);
    });
    await write(store, KEY, '0');
    const processes = [fork(SCRIPT, [schema, KEY, '100']), fork(SCRIPT, [schema, KEY, '100'])];
    await Promise.all(processes.map(child => once(child, 'message')));
    const answers = processes.map(child => once(child, 'message'));
    for (const child of processes) child.send('go');
    const stored = (await Promise.all(answers)).flatMap(([numbers]) => numbers as number[]);
    const expected = Array.from({ length: 200 }, (_, index) => index + 1);
    expect(stored.toSorted((left, right) => left - right)).toEqual(expected);
    expect(textOf((await store.get(KEY))?.body)).toBe('200');
  });

  it('open() makes the tables once when 8 stores start together', async () => {
    const schema = nextSchema();
    const stores = Array.from({ length: 8 }, () => openStore(schema));
    onTestFinished(async () => {
      await Promise.all(stores.map(each => each.close()));
      await dropSchema(schema);
    });
    const heads = await Promise.all(stores.map(each => each.head(KEY)));
    expect(heads).toEqual(Array.from({ length: 8 }, () => null));
  });
});
