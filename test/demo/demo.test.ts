import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { LIMIT_SECONDS } from './plan.ts';

const run = promisify(execFile);
const main = fileURLToPath(new URL('main.ts', import.meta.url));

// They mostly wait, so they wait together.
it.concurrent.each([
  { runtime: 'node', flags: ['--runtime', 'node'] },
  { runtime: 'workerd', flags: ['--runtime', 'workerd'] },
  { runtime: 'workerd-objects', flags: ['--runtime', 'workerd', '--objects'] },
  { runtime: 'deno', flags: ['--runtime', 'deno'] },
])(
  'npm run demo proves all that it says, with the service in $runtime',
  async ({ runtime, flags }) => {
    const { stdout } = await run(process.execPath, [main, ...flags]);
    expect(stdout).toMatch(/^All \d+ hold/m);
    expect(stdout).not.toContain('FAILED');
    expect(stdout).toContain(` in ${runtime}, pid`);
  },
  (LIMIT_SECONDS + 20) * 1000,
);
