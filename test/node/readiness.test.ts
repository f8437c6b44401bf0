import { chmod, chown, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTemporaryFolder } from '../support/temporary-folder.ts';
import { type Service, startService } from './service.ts';

const ENTRY = join(import.meta.dirname, '../../functions/node.ts');
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

describe('/readyz of a process', () => {
  it('answers 503 while files cannot grow, as on a full disk, and leaves nothing behind', async () => {
    // Blocks of 512 or 1,024 bytes: room for a lock, and for no state.
    const script = 'ulimit -f 1; exec "$0" "$@"';
    const service = await startService({ command: ['sh', '-c', script, process.execPath, ENTRY] });
    expect(await statusesOf(service)).toEqual({
      healthz: 200,
      readyz: 503,
      list: 200,
      create: 503,
    });
    expect(await readdir(service.folder)).toEqual(['.dalsegno']);
  });

  it('answers 200 where there is room', async () => {
    const service = await startService();
    expect(await statusesOf(service)).toEqual({
      healthz: 200,
      readyz: 200,
      list: 200,
      create: 201,
    });
    expect((await readdir(service.folder)).toSorted()).toEqual(['.dalsegno', 'job.json']);
  });

  // Permissions do not hold for root, which alone can start a process as somebody else.
  it.runIf(isRoot).each(['', '.dalsegno/ready'])(
    'answers 503 where the folder "%s" may be read and not written',
    async path => {
      const folder = await makeTemporaryFolder();
      await mkdir(join(folder, '.dalsegno/ready'), { recursive: true });
      for (const name of ['', '.dalsegno', '.dalsegno/ready']) {
        await chown(join(folder, name), NOBODY, NOBODY);
      }
      const service = await startService({ folder, uid: NOBODY });
      await chmod(join(folder, path), 0o500);
      expect(await statusesOf(service)).toEqual({
        healthz: 200,
        readyz: 503,
        list: 200,
        create: 503,
      });
    },
  );
});

async function statusesOf({ url }: Service): Promise<Record<string, number>> {
  const statusOf = async (path: string, init?: RequestInit) =>
    (await fetch(`${url}${path}`, init)).status;
  const body = JSON.stringify({ job_id: 'job', job_name: 'x'.repeat(5_000), total_sheets: 1 });
  const headers = { 'Content-Type': 'application/json' };
  return {
    healthz: await statusOf('/healthz'),
    readyz: await statusOf('/readyz'),
    list: await statusOf('/v1/jobs'),
    create: await statusOf('/v1/jobs', { method: 'POST', headers, body }),
  };
}
