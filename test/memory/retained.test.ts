import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Timestamp } from '../../lib/base/timestamp.ts';
import { decodeStateInTurns, textsOf } from '../../lib/checkpoint/codec.ts';
import { prepareToWrite } from '../../lib/checkpoint/write.ts';
import { createFileStore } from '../../lib/stores/file.ts';
import { openApp } from '../support/app.ts';
import { makeFolder } from '../support/folder.ts';
import { growthOf } from '../support/heap.ts';
import { acquire } from '../support/leasing.ts';
import { leastOf } from '../support/measure/least.ts';
import { aState } from '../support/state.ts';

const MB = 1024 * 1024;

async function openOnFolder(): Promise<{ app: ReturnType<typeof openApp>; path: string }> {
  const place = await makeFolder();
  const app = openApp({ store: await place.open() });
  return { app, path: place.path };
}

describe('the memory of a process', () => {
  it('holds no output of the updates that completed their jobs', async () => {
    const { app } = await openOnFolder();
    const complete = async (jobId: string) => {
      await app.create({ job_id: jobId, total_sheets: 1 });
      const { headers } = await acquire(app, { path: `/v1/jobs/${jobId}` });
      const json = { status: 'completed', stdout: 'x'.repeat(2 * MB) };
      const answer = await app.ask('PUT', `/v1/jobs/${jobId}/sheets/1`, { json, headers });
      expect(answer.status).toBe(200);
      const again = await app.ask('PUT', `/v1/jobs/${jobId}/sheets/1`, { json, headers });
      expect(again.text).toBe(answer.text);
    };
    await complete('first');
    const growth = await growthOf(async () => {
      for (let index = 0; index < 16; index++) await complete(`job-${index}`);
    });
    // The cache of the test's application has 4 MB.
    expect(growth).toBeLessThan(16 * MB);
  });

  it('holds of listed files their summaries alone', async () => {
    const { app, path } = await openOnFolder();
    const filler = 'x'.repeat(MB);
    const write = (index: number) => {
      const state = aState({ job_id: `job-${index}`, job_name: 'A job with a name', filler });
      return writeFile(`${path}/job-${index}.json`, JSON.stringify(state));
    };
    await write(0);
    await app.ask('GET', '/v1/jobs');
    for (let index = 1; index <= 24; index++) await write(index);
    const growth = await growthOf(async () => {
      expect((await app.ask('GET', '/v1/jobs?limit=1')).status).toBe(200);
    });
    expect(growth).toBeLessThan(8 * MB);
  });

  it('holds no bodies of files whose clock is ahead', async () => {
    const place = await makeFolder();
    // To a process whose clock is an hour behind every file is younger than it can be sure of.
    const store = await createFileStore({ directory: place.path, now: () => 0, random: () => 0 });
    for (let index = 0; index < 24; index++) {
      await writeFile(`${place.path}/job-${index}.json`, 'x'.repeat(MB));
    }
    const follower = store.follow('jobs/');
    let told = 0;
    const growth = await growthOf(async () => {
      for await (const change of follower.poll()) if (change.kind === 'stored') told += 1;
    });
    await store.close();
    expect(told).toBe(24);
    expect(growth).toBeLessThan(8 * MB);
  });
});

const STATES_HELD = 8;
/** A time of a whole second has a shorter text: what is counted must not depend on when the test runs. */
const NOW = '2026-03-04T05:06:07.123000Z' as Timestamp;

/** What makes states that take much memory for their text, and some that take little. */
const STATES: readonly (readonly [string, string])[] = [
  ['sheets', `"sheets":{${listOf(200, nth => `"${nth}":{"sheet_num":${nth}}`)}}`],
  [
    'sheets with texts',
    `"sheets":{${listOf(100, nth => `"${nth}":{"sheet_num":${nth},"stdout_tail":"${'x'.repeat(3000)}"}`)}}`,
  ],
  [
    'sheets with short values of all kinds',
    `"sheets":{${listOf(40, nth => `"${nth}":{"sheet_num":${nth},"x":[${listOf(40, item => `{"2":{},"1":[1.0,"é"],"k${item}":null}`)}]}`)}}`,
  ],
  ['empty objects', `"config_snapshot":{"a":[${listOf(15_000, () => '{}')}]}`],
  ['keys', `"config_snapshot":{"a":[${listOf(5_000, nth => `{"key-${nth}":1}`)}]}`],
];

function listOf(count: number, item: (nth: number) => string): string {
  return Array.from({ length: count }, (_, at) => item(at + 1)).join();
}

describe('a parsed state', () => {
  it.each(STATES)('takes no more memory than the cache counts for it: %s', async (_, members) => {
    const document = `{"job_id":"j","job_name":"j","total_sheets":600,${members}}`;
    const body = new TextEncoder().encode(document);
    const held: unknown[] = [];
    let counted = 0;
    async function parse(): Promise<void> {
      const decoded = await decodeStateInTurns(body, { source: 'file', now: NOW });
      if (!decoded.ok) throw new Error(JSON.stringify(decoded.faults));
      await prepareToWrite(decoded.value);
      const { file } = textsOf(decoded.value);
      counted += file.memoryBytes;
      held.push(decoded.value, file);
    }
    await parse();
    // What the process compiles meanwhile is in it, too, in some tries: up to 0.3 MB, of which many states make little.
    const limit = STATES_HELD * counted;
    function growthOfAll(): Promise<number> {
      held.length = 2;
      counted = 0;
      return growthOf(async () => {
        for (let count = 0; count < STATES_HELD; count++) await parse();
      });
    }
    const growth = await leastOf(limit, growthOfAll);
    expect(held).toHaveLength(2 + 2 * STATES_HELD);
    expect(counted).toBe(limit);
    expect(growth).toBeLessThan(counted);
  });
});
