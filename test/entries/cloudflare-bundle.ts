import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { builtOnce } from '../support/node/built-once.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const SAID = 'said.txt';

export interface WorkerBundle {
  /** The script, as it would be uploaded. */
  readonly script: string;
  /** What the command said of it. */
  readonly said: string;
}

/**
 * Builds the Workers entry by the command of its page, without uploading it: that of an environment of `wrangler.toml`.
 * All tests share what is built.
 */
export async function buildWorker(environment = ''): Promise<WorkerBundle> {
  const folder = await builtOnce(`worker-${environment}`, async target => {
    // The script does not depend on the dashboard, which the command would build first.
    await mkdir(join(ROOT, 'dist/site'), { recursive: true });
    const flags = ['run', '--ignore-scripts', 'deploy', '--', '--dry-run', '--outdir', target];
    const env = { ...process.env, CLOUDFLARE_ENV: environment };
    const { stdout } = await run('npm', flags, { cwd: ROOT, env });
    await writeFile(join(target, SAID), stdout);
  });
  const file = environment === 'hyperdrive' ? 'cloudflare-hyperdrive.js' : 'cloudflare.js';
  const [script, said] = await Promise.all([
    readFile(join(folder, file), 'utf8'),
    readFile(join(folder, SAID), 'utf8'),
  ]);
  return { script, said };
}
