import { describe, expect, it } from 'vitest';
import { json, lost, problem } from '../worker/scripted-service.ts';
import { runCommand } from './command-line.ts';

describe('a command that fails', () => {
  it.each([
    [401, 'unauthorized', 5],
    [403, 'forbidden', 5],
    [404, 'job_not_found', 3],
    [409, 'lease_held', 4],
    [412, 'version_conflict', 4],
    [422, 'invalid', 2],
    [500, 'state_corrupt', 1],
    [501, 'leases_unsupported', 1],
    [503, 'store_unavailable', 6],
    [503, 'overloaded', 6],
  ])('exits for %i %s with %i, and says why on stderr', async (status, code, exitCode) => {
    const ran = await runCommand(['why', 'x'], { fetch: problem(status, code) });
    expect([ran.code, ran.stdout]).toEqual([exitCode, '']);
    expect(ran.stderr).toMatch(new RegExp(`^error: It is ${code} \\(${code}, ${status}\\)$`, 'm'));
  });

  it('exits with 6 where the service does not answer, and says what to do', async () => {
    const ran = await runCommand(['why', 'x'], { fetch: lost() });
    expect(ran.code).toBe(6);
    expect(ran.stderr).toContain('http://127.0.0.1:8787 does not answer');
    expect(ran.stderr).toContain('dalsegno serve');
  });

  it('exits with 6 where something else answers', async () => {
    const page = () =>
      Promise.resolve(new Response('<html>', { headers: { 'Content-Type': 'text/html' } }));
    const ran = await runCommand(['why', 'x'], { fetch: page });
    expect([ran.code, ran.stderr]).toEqual([6, expect.stringContaining('not from the service')]);
  });

  it('exits with 6 where something answers JSON that is no list', async () => {
    const ran = await runCommand(['jobs'], { fetch: json(200, { jobs: [], next_cursor: null }) });
    expect([ran.code, ran.stderr]).toEqual([6, expect.stringContaining('not from the service')]);
  });

  it.each([
    [['show', '']],
    [['why', '..']],
    [['watch', '.']],
    [['pause', '']],
    [['delete', 'a', '']],
  ])('exits with 2 for an id that no job has, and calls nothing: %j', async args => {
    const ran = await runCommand(args);
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining('No job has this id')]);
  });

  it('exits with 2 for a URL that HTTP cannot be sent to', async () => {
    const ran = await runCommand(['jobs', '--url', 'ftp://127.0.0.1']);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain('"ftp://127.0.0.1": it is not an http or https URL');
  });

  it('names the faults of the request that the detail does not name', async () => {
    const body = {
      type: 'urn:dalsegno:problem:invalid',
      title: 'x',
      status: 422,
      code: 'invalid',
      detail: '?limit: Too big',
      errors: [
        { path: '?limit', reason: 'Too big' },
        { path: '?q', reason: 'Too long\u001b[1m' },
      ],
    };
    const ran = await runCommand(['jobs'], { fetch: json(422, body) });
    expect(ran.stderr).toBe('error: ?limit: Too big (invalid, 422)\n  ?q: Too long\\x1b[1m\n');
  });

  it('prints the problem as JSON with --json', async () => {
    const ran = await runCommand(['why', 'x', '--json'], { fetch: problem(404, 'job_not_found') });
    expect([ran.code, ran.stdout]).toEqual([3, '']);
    expect(JSON.parse(ran.stderr)).toMatchObject({ code: 'job_not_found', status: 404 });
  });

  it('tries again after a lost answer', async () => {
    const why = { job_id: 'x', status: null, standing: 'zombie', holder: null, epoch: 0 };
    const replies = [lost(), json(200, { ...why, summary: 'It waits', evidence: [] })];
    const fetch = (request: Request) =>
      replies.shift()?.(request) ?? Promise.reject(new Error('No answer'));
    const ran = await runCommand(['why', 'x'], { fetch });
    expect([ran.code, ran.stdout]).toEqual([0, 'x  unreadable, zombie\nIt waits\n']);
  });

  it('does not print the token', async () => {
    const ran = await runCommand(['why', 'x', '--token', 'dsa_secret'], { fetch: lost() });
    expect(`${ran.stdout}${ran.stderr}`).not.toContain('secret');
  });
});

describe('the connection', () => {
  async function asked(args: readonly string[], environment: Readonly<Record<string, string>>) {
    const requests: Request[] = [];
    const fetch = (request: Request) => {
      requests.push(request);
      return problem(404, 'job_not_found')(request);
    };
    await runCommand([...args, 'why', 'x'], { fetch, environment });
    return requests.map(({ url, headers }) => [new URL(url).origin, headers.get('authorization')]);
  }

  it('comes from flags, else from the environment, else is this machine without a token', async () => {
    const environment = { DALSEGNO_URL: 'http://theirs:1', DALSEGNO_TOKEN: 'dsa_theirs' };
    expect(await asked([], {})).toEqual([['http://127.0.0.1:8787', null]]);
    expect(await asked([], environment)).toEqual([['http://theirs:1', 'Bearer dsa_theirs']]);
    expect(await asked(['--url', 'http://mine:2', '--token', 'dsa_mine'], environment)).toEqual([
      ['http://mine:2', 'Bearer dsa_mine'],
    ]);
    expect(await asked([], { DALSEGNO_URL: '', DALSEGNO_TOKEN: '' })).toEqual([
      ['http://127.0.0.1:8787', null],
    ]);
  });
});

describe('colours', () => {
  const red = '\u001b[31m';
  const run = async (isTerminal: boolean, environment: Readonly<Record<string, string>>) =>
    (
      await runCommand(['why', 'x'], {
        fetch: problem(404, 'job_not_found'),
        isTerminal,
        environment,
      })
    ).stderr;

  it('are on a terminal only, unless the environment says otherwise', async () => {
    expect(await run(true, {})).toContain(red);
    expect(await run(false, {})).not.toContain(red);
    expect(await run(true, { NO_COLOR: '1' })).not.toContain(red);
    expect(await run(true, { TERM: 'dumb' })).not.toContain(red);
    expect(await run(false, { FORCE_COLOR: '1' })).toContain(red);
    expect(await run(true, { FORCE_COLOR: '0' })).not.toContain(red);
  });
});

describe('the program', () => {
  it('prints its version', async () => {
    const ran = await runCommand(['--version']);
    expect(ran).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });

  it('prints its help on stderr, with 2, where no command is given', async () => {
    const ran = await runCommand([]);
    expect([ran.code, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toMatch(/^Usage: dalsegno/);
  });

  it('refuses an unknown command, and suggests one', async () => {
    const ran = await runCommand(['jop']);
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining('Did you mean')]);
  });

  it('has examples in the help of every command', async () => {
    const commands = (await runCommand(['--help'])).stdout.matchAll(/^ {2}([a-z]+) .*$/gm);
    const names = [...commands].map(([, name = '']) => name).filter(name => name !== 'help');
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) {
      const { code, stdout } = await runCommand([name, '--help']);
      expect([name, code, stdout]).toEqual([
        name,
        0,
        expect.stringMatching(new RegExp(`\\$ (?:\\S+=\\S+ )?dalsegno ${name}\\b`)),
      ]);
    }
  });
});
