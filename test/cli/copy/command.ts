import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { systemClock } from '../../../lib/base/clock.ts';
import { openApp } from '../../support/app.ts';
import { type Folder, makeFolder } from '../../support/folder.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

export const ROOT = join(import.meta.dirname, '../../..');
export const SCRIPT = join(ROOT, 'functions/cli/main.ts');
/** As `test/support/node/global-setup.ts` has built it; elsewhere the source. */
const COMMAND = process.env['TEST_COMMAND'] ?? SCRIPT;

export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** One that hangs says how far it came. */
const KILLED_AFTER_MS = 280_000;

/** Runs the command to its end. */
export async function run(
  flags: readonly string[],
  { cwd = ROOT, environment = {} }: RunOptions = {},
): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>();
  const env = {
    PATH: process.env['PATH'],
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    HOME: await makeTemporaryFolder(),
    ...environment,
  };
  const child = execFile(
    process.execPath,
    [COMMAND, 'copy', ...flags],
    { cwd, env, timeout: KILLED_AFTER_MS, killSignal: 'SIGKILL' },
    (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
  );
  return promise;
}

/** A folder with two unleased jobs. */
export async function furnished(): Promise<Folder> {
  const folder = await makeFolder();
  const app = openApp({ store: await folder.open(), clock: systemClock });
  for (const job_id of ['one', 'two']) await app.create({ job_id });
  return folder;
}

export const CONFIG = `name = "dalsegno"
compatibility_date = "2026-10-30"

[[r2_buckets]]
binding = "STATE_BUCKET"
bucket_name = "dalsegno-state"

[env.kv]
[[env.kv.kv_namespaces]]
binding = "STATE_KV"
id = "0123456789abcdef0123456789abcdef"
`;
