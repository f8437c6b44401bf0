import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it('npm run demo proves all that it says', async () => {
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const { stdout } = await run(process.execPath, [main]);
  expect(stdout).toMatch(/^All \d+ hold/m);
  expect(stdout).not.toContain('FAILED');
});
