import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runEntry, startService } from './service.ts';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, '../../functions/node-token.ts');

async function token(...flags: readonly string[]) {
  const { stdout, stderr } = await run(process.execPath, [SCRIPT, ...flags]);
  return { text: stdout.trim(), entry: /ACCESS_TOKENS='([^']*)'/.exec(stderr)?.[1] ?? '' };
}

describe('npm run token', () => {
  it('makes a token that the service knows by the entry it prints', async () => {
    const made = await token('--scope', 'work', '--prefix', 'etl-');
    const service = await startService({ environment: { ACCESS_TOKENS: made.entry } });
    const ask = (headers: Record<string, string>) =>
      fetch(`${service.url}/v1/jobs/etl-1`, { headers });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ Authorization: `Bearer ${made.text}` })).status).toBe(404);
  });

  it.each([[], ['--scope', 'root'], ['--scope', 'read', '--prefix', 'a,b'], ['--more', 'x']])(
    'says how it is used: %j',
    async (...flags) => {
      await expect(run(process.execPath, [SCRIPT, ...flags.flat()])).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringContaining('Usage: npm run token'),
      });
    },
  );
});

describe('the entry', () => {
  it('listens elsewhere than on loopback with tokens alone', async () => {
    const refused = await runEntry({ flags: ['--host', '0.0.0.0'] });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('only loopback')]);
  });

  it('does not repeat what it was given for tokens', async () => {
    const refused = await runEntry({ environment: { ACCESS_TOKENS: 'dsa_secret' } });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('Entry 1 is not');
    expect(refused.stderr).not.toContain('dsa_secret');
  });
});
