import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { EFFORT } from '../support/effort.ts';
import { LIMIT_SECONDS } from './plan.ts';

const run = promisify(execFile);
/** Times as long as the demo takes where it runs alone. */
const PATIENCE = 4;
const env = { ...process.env, DEMO_PATIENCE: String(PATIENCE) };
const main = fileURLToPath(new URL('main.ts', import.meta.url));

/**
 * They mostly wait, so two of them run at a time. More hold each other up for longer than the demo allows, and two of
 * wrangler that start at one moment are in each other's way.
 */
const LANES: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];

function inLane<T>(lane: number, task: () => Promise<T>): Promise<T> {
  const result = (LANES[lane] ?? Promise.resolve()).then(task);
  LANES[lane] = result.catch(() => null);
  return result;
}

/** Without objects it differs from the one with them in the store alone, which `test/entries/` runs: left to more effort. */
const WITHOUT_OBJECTS =
  EFFORT > 1 ? [{ runtime: 'workerd', flags: ['--runtime', 'workerd'], lane: 0 }] : [];

it.concurrent.each([
  ...WITHOUT_OBJECTS,
  { runtime: 'workerd-objects', flags: ['--runtime', 'workerd', '--objects'], lane: 0 },
  { runtime: 'node', flags: ['--runtime', 'node'], lane: 1 },
  { runtime: 'deno', flags: ['--runtime', 'deno'], lane: 1 },
])(
  'npm run demo proves all that it says, with the service in $runtime',
  async ({ runtime, flags, lane }) => {
    const { stdout } = await inLane(lane, () => run(process.execPath, [main, ...flags], { env }));
    expect(stdout).toMatch(/^All \d+ hold/m);
    expect(stdout).not.toContain('FAILED');
    expect(stdout).toContain(` in ${runtime}, pid`);
  },
  2 * (PATIENCE * LIMIT_SECONDS + 20) * 1000,
);
