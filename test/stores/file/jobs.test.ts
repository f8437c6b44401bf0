import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openApp } from '../../support/app.ts';
import { makeFolder } from '../../support/folder.ts';
import { load } from '../../support/leasing.ts';
import { situate } from '../../support/situations.ts';

describe('jobs in a folder', () => {
  it('GET of all jobs reports a folder in place of a file', async () => {
    const folder = await makeFolder();
    const app = openApp({ store: await folder.open() });
    await app.create({ job_id: 'whole' });
    await mkdir(join(folder.path, 'job-1.json'));
    const list = await app.ask('GET', '/v1/jobs');
    expect(list.json).toMatchObject({ jobs: [{ job_id: 'whole' }] });
  });

  it('a sweep recovers a job whose lease file is garbage, and names the file', async () => {
    const folder = await makeFolder();
    const { app, held } = await situate('held', { store: await folder.open() });
    const path = app.store.locate(held?.key ?? '');
    await folder.write(path.slice(folder.path.length + 1), '\u0000garbage');
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({
      recovered: 1,
      errors: 1,
      faults: [{ lease: held?.key, path }],
    });
    expect((await load(app)).json).toMatchObject({ status: 'paused' });
  });
});
