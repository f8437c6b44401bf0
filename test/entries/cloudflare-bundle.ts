import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

export interface WorkerBundle {
  /** The script, as it would be uploaded. */
  readonly script: string;
  /** What the command said of it. */
  readonly said: string;
}

/** Builds the Workers entry by the command of its page, without uploading it: that of an environment of `wrangler.toml`. */
export async function buildWorker(environment = ''): Promise<WorkerBundle> {
  const folder = await mkdtemp(join(tmpdir(), 'dalsegno-bundle-'));
  try {
    // The script does not depend on the dashboard, which the command would build first.
    await mkdir(join(ROOT, 'dist/site'), { recursive: true });
    const flags = ['run', '--ignore-scripts', 'deploy', '--', '--dry-run', '--outdir', folder];
    const env = { ...process.env, CLOUDFLARE_ENV: environment };
    const { stdout } = await run('npm', flags, { cwd: ROOT, env });
    const file = environment === 'hyperdrive' ? 'cloudflare-hyperdrive.js' : 'cloudflare.js';
    return { script: await readFile(join(folder, file), 'utf8'), said: stdout };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
