import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { type Service, startService } from './service.ts';

const ROUNDS = 4;
const WRITERS = 8;
const KILL_AFTER = 40;
const SHEET = '/v1/jobs/job-1/sheets/1';

/** Counts the updates that were acknowledged, until the service is gone. */
async function updateUntilGone(url: string, acknowledged: () => void): Promise<void> {
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ status: 'in_progress' });
  for (;;) {
    try {
      const updated = await fetch(url + SHEET, { method: 'PUT', headers, body });
      await updated.arrayBuffer();
    } catch (error) {
      // fetch() rejects so where the connection is lost.
      if (error instanceof TypeError) return;
      throw error;
    }
    acknowledged();
  }
}

/** Kills the service in the middle of saves; how many of them it had acknowledged. */
async function killInTheMiddle(service: Service): Promise<number> {
  let acknowledged = 0;
  const count = () => {
    acknowledged += 1;
    if (acknowledged === KILL_AFTER) void service.stop('SIGKILL');
  };
  await Promise.all(Array.from({ length: WRITERS }, () => updateUntilGone(service.url, count)));
  await service.exit;
  return acknowledged;
}

it('SIGKILL in the middle of saves leaves the state whole, with every save that was acknowledged', async () => {
  const folder = await makeTemporaryFolder();
  const first = await startService({ folder });
  const headers = { 'Content-Type': 'application/json' };
  const text = 'x'.repeat(200_000);
  const body = JSON.stringify({ job_id: 'job-1', job_name: 'x', total_sheets: 1, text });
  await fetch(`${first.url}/v1/jobs`, { method: 'POST', headers, body });
  let acknowledged = await killInTheMiddle(first);
  for (let round = 1; round < ROUNDS; round += 1) {
    acknowledged += await killInTheMiddle(await startService({ folder }));
  }
  const last = await startService({ folder });
  const loaded = await fetch(`${last.url}/v1/jobs/job-1`);
  const state = await loaded.text();
  expect(loaded.status).toBe(200);
  const { attempt_count: attempts } = JSON.parse(state).sheets[1];
  // A save may have happened whose answer was not seen any more: one a writer and round.
  expect(attempts).toBeGreaterThanOrEqual(acknowledged);
  expect(attempts).toBeLessThanOrEqual(acknowledged + ROUNDS * WRITERS);
  expect(await readFile(join(folder, 'job-1.json'), 'utf8')).toBe(state);
  expect((await readdir(folder)).filter(name => name !== '.dalsegno')).toEqual(['job-1.json']);
});
