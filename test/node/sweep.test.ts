import { describe, expect, it } from 'vitest';
import { createFileStore } from '../../lib/stores/file.ts';
import { openApp } from '../support/app.ts';
import { acquire, storedText, write } from '../support/leasing.ts';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { startService } from './service.ts';

/** A folder with a job whose holder has been dead since the clock of the tests stood still. */
async function folderOfZombie(): Promise<string> {
  const folder = await makeTemporaryFolder();
  const store = await createFileStore({ directory: folder, now: Date.now, random: Math.random });
  const app = openApp({ store });
  await app.create();
  const { key } = await acquire(app);
  // A take-over that broke off: a lease that is only over by the clock gets one ttl from the start.
  const updated = { ...JSON.parse(await storedText(store, key)), expired: true };
  await write(store, key, JSON.stringify(updated));
  await store.close();
  return folder;
}

describe('the process', () => {
  it('sweeps when it starts', async () => {
    const service = await startService({ folder: await folderOfZombie() });
    const line = await service.line(({ message }) => String(message).startsWith('Sweep: 1 leases'));
    expect(line['message']).toContain('1 recovered');
    const job = await fetch(`${service.url}/v1/jobs/job-1`);
    expect(await job.json()).toMatchObject({ status: 'paused', dalsegno: { lease: null } });
  });

  it('sweeps by itself again and again', async () => {
    const flags = ['--sweep-interval', '1', '--log-level', 'debug'];
    const service = await startService({ flags });
    const sweeps: number[] = [];
    await service.line(({ message }) => {
      if (String(message).startsWith('Sweep:')) sweeps.push(1);
      return sweeps.length === 2;
    });
    expect(sweeps).toHaveLength(2);
  });

  it('does not sweep when it is told not to', async () => {
    const folder = await folderOfZombie();
    const service = await startService({ folder, flags: ['--sweep-interval', '0'] });
    const why = await fetch(`${service.url}/v1/jobs/job-1/why`);
    expect(await why.json()).toMatchObject({ standing: 'zombie', status: 'running' });
    const exit = await service.stop('SIGTERM');
    expect(exit.stdout).not.toContain('Sweep:');
  });
});
