import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../lib/base/clock.ts';
import { decodeState } from '../../../lib/checkpoint/codec.ts';
import { openApp } from '../../support/app.ts';
import { makeFolder } from '../../support/folder.ts';
import { leastOf } from '../../support/measure/least.ts';
import { cpuMsOf } from '../../support/measure/processor-time.ts';
import { aState } from '../../support/state.ts';

const JOB = '/v1/jobs/job-1';
const BYTES = 10 * 1024 * 1024;
/** Processor time of all calls. The engine's parser takes four seconds for the deepest. */
const MOST_MS = 3_000;

const LARGE = {
  'one byte again and again': () => 'x'.repeat(BYTES),
  'a string that does not end': () => `"${'a'.repeat(BYTES)}`,
  'empty lines': () => `${'\n'.repeat(BYTES)}x`,
  'open brackets': () => '['.repeat(BYTES),
  'open and closed brackets': () => '['.repeat(BYTES / 2) + ']'.repeat(BYTES / 2),
  'open brackets with items': () => '[1,\n'.repeat(BYTES / 4),
  'open brackets among the sheets': () =>
    `{\n  "sheets": {"1": ${'['.repeat(BYTES / 2)}${']'.repeat(BYTES / 2)}}\n  }\n}`,
  epochs: () => `{${'"epoch": 7,'.repeat(BYTES / 11)}`,
  'an integer of parts': () =>
    JSON.stringify(aState({ total_sheets: `${'1_'.repeat(BYTES / 2)}1` })),
  'a time of zeros': () => JSON.stringify(aState({ created_at: `${'0'.repeat(BYTES)}x` })),
  'a time of spaces': () => JSON.stringify(aState({ created_at: `${' '.repeat(BYTES)}x` })),
  'a fraction of a second': () =>
    JSON.stringify(aState({ created_at: `2026-01-01T00:00:00.${'1'.repeat(BYTES)}x` })),
} as const;

describe('a corrupt file of 10 MB', () => {
  it.each(Object.entries(LARGE))('of %s is listed, reported and overwritten', async (_, make) => {
    const text = make();
    expect(await leastOf(MOST_MS, () => cpuMsOfCalls(text))).toBeLessThan(MOST_MS);
  });

  it('is removed without being overwritten first', async () => {
    const folder = await makeFolder();
    writeFileSync(join(folder.path, 'job-1.json'), '['.repeat(BYTES));
    const app = openApp({ store: await folder.open() });
    expect((await app.ask('DELETE', JOB)).status).toBe(204);
    expect(await folder.names()).toEqual([]);
  });

  it('is read once for a list and the calls after it', async () => {
    const folder = await makeFolder();
    writeFileSync(join(folder.path, 'job-1.json'), '['.repeat(BYTES));
    const store = await folder.open();
    let reads = 0;
    const get = (key: string) => {
      reads += 1;
      return store.get(key);
    };
    const app = openApp({ store: { ...store, get } });
    await app.ask('GET', '/v1/jobs');
    await app.ask('GET', JOB);
    await app.ask('GET', `${JOB}/next-sheet`);
    expect(reads).toBe(0);
  });
});

describe('a text that is longer than a string may be', () => {
  it('decodeState() reports that, and does not throw', () => {
    const now = systemClock.now();
    const decoded = decodeState(new Uint8Array(2 ** 29), { source: 'file', now });
    expect(decoded).toMatchObject({ ok: false, errorType: 'validation' });
  });
});

/** Asks everything of a service that finds this text in the place of a job. */
async function cpuMsOfCalls(text: string): Promise<number> {
  const folder = await makeFolder();
  writeFileSync(join(folder.path, 'job-1.json'), text);
  const app = openApp({ store: await folder.open(), clock: systemClock });
  await app.create({ job_id: 'other' });
  return cpuMsOf(async () => {
    const list = await app.ask('GET', '/v1/jobs');
    expect(list.json).toMatchObject({
      jobs: [{ job_id: 'other' }],
      corrupt: [{ job_id: 'job-1' }],
    });
    const loaded = await app.ask('GET', JOB);
    expect(loaded.json).toMatchObject({ status: 500, code: 'state_corrupt' });
    expect(loaded.text.length).toBeLessThan(10_000);
    const claimed = await app.ask('POST', '/v1/claims', { json: { holder: 'w' } });
    expect(claimed.json).toMatchObject({ lease: { job_id: 'other' } });
    const saved = await app.ask('PUT', JOB, { json: aState(), headers: { 'If-Match': '*' } });
    expect(saved.status).toBe(200);
    expect((await app.ask('DELETE', JOB)).status).toBe(204);
  });
}
