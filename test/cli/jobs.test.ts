import { describe, expect, it } from 'vitest';
import { JobStatus } from '../../lib/checkpoint/status.ts';
import { STANDINGS } from '../../lib/lease/standing.ts';
import { fetchOf } from '../client/setup.ts';
import { openApp } from '../support/app.ts';
import { acquire } from '../support/leasing.ts';
import { json } from '../worker/scripted-service.ts';
import { lines, runAgainst, runCommand } from './command-line.ts';

async function appWith(...ids: readonly string[]) {
  const app = openApp();
  for (const job_id of ids) await app.create({ job_id, job_name: `Job ${job_id}` });
  return app;
}

describe('dalsegno jobs', () => {
  it('prints a table of jobs: where each stands, its holder and the time that is left', async () => {
    const app = await appWith('etl-1', 'etl-2');
    await acquire(app, { path: '/v1/jobs/etl-2', ttl_seconds: 90 });
    const { code, stdout, stderr } = await runAgainst(app, 'jobs');
    expect([code, stderr]).toEqual([0, '']);
    const [title, ...rows] = lines(stdout);
    expect(title).toMatch(/^ID +NAME +STATUS +STANDING +SHEETS +HOLDER +LEFT +ACTIVE$/);
    expect(rows.toSorted()).toEqual([
      expect.stringMatching(/^etl-1 +Job etl-1 +pending +waiting +0\/3 +- +- +0s ago$/),
      expect.stringMatching(/^etl-2 +Job etl-2 +\w+ +\w+ +0\/3 +w-1 +1m 30s +0s ago$/),
    ]);
  });

  it('prints one exact object a line with --json', async () => {
    const app = await appWith('a', 'b"[{');
    const { stdout } = await runAgainst(app, 'jobs', '--json');
    expect(
      lines(stdout)
        .map(line => String(JSON.parse(line).job_id))
        .toSorted(),
    ).toEqual(['a', 'b"[{']);
  });

  it('prints whole states with --json --full, with all digits', async () => {
    const app = openApp();
    const body =
      '{"job_id":"a","job_name":"x","total_sheets":1,"config_snapshot":{"n":12345678901234567890}}';
    await app.ask('POST', '/v1/jobs', { body });
    const { stdout } = await runAgainst(app, 'jobs', '--json', '--full');
    expect(lines(stdout)).toHaveLength(1);
    expect(stdout).toMatch(/"n": ?12345678901234567890/);
  });

  it('selects by flags, several words at once', async () => {
    const app = await appWith('etl-1', 'etl-2', 'other');
    await app.ask('POST', '/v1/jobs/etl-2/cancel');
    const ids = async (...flags: readonly string[]) =>
      lines((await runAgainst(app, 'jobs', '--json', ...flags)).stdout)
        .map(line => String(JSON.parse(line).job_id))
        .toSorted();
    expect(await ids('--q', 'ETL')).toEqual(['etl-1', 'etl-2']);
    expect(await ids('--status', 'cancelled,failed', '--status', 'pending')).toHaveLength(3);
    expect(await ids('--standing', 'finished')).toEqual(['etl-2']);
    expect(await ids('--name', 'Job other')).toEqual(['other']);
    expect(await ids('--updated-before', '1h')).toEqual([]);
  });

  it.each([
    ['--status', JobStatus.options],
    ['--standing', STANDINGS],
  ] as const)('takes every word of %s that the service knows', async (flag, words) => {
    const app = await appWith('a');
    const { code, stderr } = await runAgainst(app, 'jobs', '--json', flag, words.join(','));
    expect([code, stderr]).toEqual([0, '']);
  });

  it('prints up to --limit jobs, and all with --all, over all pages', async () => {
    const queries: string[] = [];
    const page = (ids: readonly string[], next_cursor: string | null) =>
      json(200, { jobs: ids.map(job_id => ({ job_id })), corrupt: [], next_cursor });
    const replies = [page(['a', 'b'], 'c-1'), page(['c'], null)];
    const fetch = (request: Request) => {
      queries.push(new URL(request.url).search);
      return replies.shift()?.(request) ?? Promise.reject(new Error('No answer'));
    };
    const { stdout } = await runCommand(['jobs', '--all', '--json'], { fetch });
    expect(lines(stdout)).toEqual(['{"job_id":"a"}', '{"job_id":"b"}', '{"job_id":"c"}']);
    expect(queries).toEqual(['?limit=1000&view=live', '?limit=1000&cursor=c-1&view=live']);
  });

  it('says when there are more jobs than it shows', async () => {
    const app = await appWith('a', 'b', 'c');
    const { stdout, stderr } = await runAgainst(app, 'jobs', '--limit', '2');
    expect(lines(stdout)).toHaveLength(3);
    expect(stderr).toBe('There are more jobs: see --all and --limit.\n');
  });

  it('asks for no further page where nobody reads any more', async () => {
    let pages = 0;
    const fetch = (request: Request) => {
      pages += 1;
      return json(200, { jobs: [{ job_id: 'a' }], corrupt: [], next_cursor: 'c' })(request);
    };
    const { code } = await runCommand(['jobs', '--all', '--json'], { fetch, readsOnly: 2 });
    expect([code, pages]).toEqual([0, 2]);
  });

  it('says where no job matches, and names corrupt files', async () => {
    const corrupt = [{ path: 'x\u001b.json', error_type: 'validation', detail: 'It is bad' }];
    const fetch = json(200, { jobs: [], corrupt, next_cursor: null });
    const { code, stdout, stderr } = await runCommand(['jobs'], { fetch });
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toBe('corrupt: x\\x1b.json: validation: It is bad\nNo job matches.\n');
  });

  it('never writes to a terminal what it would obey', async () => {
    const app = openApp();
    const job_id = 'a\u001b[2J\u009b\u202e';
    await app.create({ job_id, job_name: 'x\u0007\n\u007f' });
    await app.ask('POST', `/v1/jobs/${encodeURIComponent(job_id)}/fail`, {
      json: { error_message: '\u001b]0;x\u0007' },
    });
    const commands = [
      ['jobs'],
      ['jobs', '--json'],
      ['show', job_id],
      ['show', job_id, '--json'],
      ['why', job_id],
    ];
    for (const command of commands) {
      const { code, stdout } = await runCommand([...command], {
        fetch: fetchOf(app),
        isTerminal: true,
        environment: { NO_COLOR: '1' },
      });
      expect(code).toBe(0);
      expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
    }
  });

  it('passes JSON through as it is where no terminal reads it', async () => {
    const app = await appWith('a\u009b');
    const { stdout } = await runAgainst(app, 'show', 'a\u009b', '--json');
    expect(stdout).toBe(`${(await app.ask('GET', '/v1/jobs/a%C2%9B')).text}\n`);
  });

  it.each([
    ['--status', 'nope'],
    ['--standing', 'running'],
    ['--limit', '0'],
    ['--limit', '1.5'],
    ['--order', 'up'],
    ['--timeout', '0'],
    ['--url', 'nowhere'],
    ['--token', 'two words'],
    ['--nope', 'x'],
  ])('refuses %s %s with 2, and calls nothing', async (flag, value) => {
    const { code, stdout, stderr } = await runCommand(['jobs', flag, value]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(flag);
  });
});
