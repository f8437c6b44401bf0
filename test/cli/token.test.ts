import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runEntry, startService } from '../node/service.ts';
import { tokensOf } from '../support/tokens.ts';

const run = promisify(execFile);
const SCRIPT =
  process.env['TEST_COMMAND'] ?? join(import.meta.dirname, '../../functions/cli/main.ts');

async function token(...flags: readonly string[]) {
  const { stdout, stderr } = await run(process.execPath, [SCRIPT, 'token', ...flags]);
  return { text: stdout.trim(), entry: /ACCESS_TOKENS='([^']*)'/.exec(stderr)?.[1] ?? '' };
}

describe('npm run token', () => {
  it('creates a token that the service accepts with the printed entry', async () => {
    const made = await token('--scope', 'work', '--prefix', 'etl-');
    const service = await startService({ environment: { ACCESS_TOKENS: made.entry } });
    const ask = (headers: Record<string, string>) =>
      fetch(`${service.url}/v1/jobs/etl-1`, { headers });
    expect((await ask({})).status).toBe(401);
    expect((await ask({ Authorization: `Bearer ${made.text}` })).status).toBe(404);
  });

  it('creates one for a worker by default', async () => {
    const made = await token('--name', 'ci');
    expect(made.entry).toMatch(/^[0-9a-f]{64}:work;name=ci$/);
  });

  it('gives it a name and an expiry', async () => {
    const flags = [
      '--scope',
      'admin',
      '--name',
      'ci',
      '--expires',
      '2999-01-31',
      '--prefix',
      'etl-',
    ];
    const made = await token(...flags);
    expect(made.entry).toMatch(/^[0-9a-f]{64}:admin;name=ci;expires=2999-01-31T00:00:00Z:etl-$/);
    const service = await startService({ environment: { ACCESS_TOKENS: made.entry } });
    const headers = { Authorization: `Bearer ${made.text}`, 'X-Request-Id': 'r-1' };
    expect((await fetch(`${service.url}/v1/jobs`, { headers })).status).toBe(200);
    const line = await service.line(({ request_id }) => request_id === 'r-1');
    expect(line).toMatchObject({ access: 'ci' });
  });

  it('says where its usage is when the flags are wrong, and creates no token', async () => {
    const flags = ['--scope', 'read', '--name', 'a b'];
    await expect(run(process.execPath, [SCRIPT, 'token', ...flags])).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: --name: [^]*dalsegno token --help/),
    });
  });
});

describe('the entry', () => {
  it('listens on other addresses than loopback only with tokens', async () => {
    const refused = await runEntry({ flags: ['--host', '0.0.0.0'] });
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('only loopback')]);
  });

  it('does not start when the jobs of two tokens could have the same file names', async () => {
    const { setting } = await tokensOf({ one: 'work;name=one:a/', two: 'work;name=two:a_' });
    const refused = await runEntry({ environment: { ACCESS_TOKENS: setting } });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/"one", prefix "a\/".*"two", prefix "a_"/);
  });

  it('does not print the tokens that it was given', async () => {
    const refused = await runEntry({ environment: { ACCESS_TOKENS: 'dsa_secret' } });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('Entry 1 is not');
    expect(refused.stderr).not.toContain('dsa_secret');
  });
});
