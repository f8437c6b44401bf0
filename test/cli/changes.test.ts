import { describe, expect, it } from 'vitest';
import { fetchOf } from '../client/setup.ts';
import { openApp } from '../support/app.ts';
import { acquire } from '../support/leasing.ts';
import { json } from '../worker/scripted-service.ts';
import { lines, runAgainst, runCommand } from './command-line.ts';

const JOBS = 450;

/** A service with many jobs that answers bulk calls alone, and keeps what it was asked. */
function bulkService(skipped: readonly Readonly<Record<string, string>>[] = []) {
  const bodies: Readonly<Record<string, unknown>>[] = [];
  async function fetch(request: Request): Promise<Response> {
    const body = await request.json();
    bodies.push(body);
    const { action, dry_run, limit = JOBS, cursor = '0' } = body;
    const base = { action, dry_run, matched: JOBS, done: 0, pending: 0, skipped: [], cursor: null };
    if (dry_run === true) return json(200, { ...base, sample: ['a', 'b\u001b'] })(request);
    const from = Number(cursor);
    const matched = Math.min(limit, JOBS - from);
    const isLast = from + matched === JOBS;
    return json(200, {
      ...base,
      matched,
      done: matched - (isLast ? skipped.length : 0),
      skipped: isLast ? skipped : [],
      cursor: isLast ? null : String(from + matched),
    })(request);
  }
  return { fetch, bodies };
}

const HELD = { job_id: 'x', code: 'lease_held', detail: 'The job is held by "w"' };
const FINISHED = { job_id: 'y', code: 'job_finished', detail: 'The job is completed' };

describe('a change of jobs by their ids', () => {
  it('pauses, resumes, fails, cancels and deletes a job', async () => {
    const app = openApp();
    await app.create({ job_id: 'a b' });
    const run = (...args: readonly string[]) => runAgainst(app, ...args);
    expect((await run('pause', 'a b')).stdout).toBe('a b is paused\n');
    expect((await run('resume', 'a b')).stdout).toBe('a b can be claimed (paused)\n');
    expect((await run('fail', 'a b', '--message', 'Too old')).stdout).toBe('a b is failed\n');
    expect((await run('show', 'a b')).stdout).toContain('Too old');
    expect((await run('cancel', 'a b')).stdout).toBe('a b is cancelled\n');
    expect(await run('pause', 'a b')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('job_finished, 409'),
    });
    expect((await run('delete', 'a b')).stdout).toBe('deleted a b\n');
    expect((await run('delete', 'a b')).code).toBe(3);
  });

  it('asks the holder of a held job, and does it at once with --force', async () => {
    const app = openApp();
    await app.create();
    await acquire(app, { path: '/v1/jobs/job-1' });
    const asked = await runAgainst(app, 'pause', 'job-1');
    expect(asked.stdout).toMatch(/^job-1 is \w+: its holder is asked to pause it\n$/);
    expect(await runAgainst(app, 'delete', 'job-1')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('lease_held'),
    });
    expect((await runAgainst(app, 'delete', 'job-1', '--force')).code).toBe(0);
  });

  it('goes on after a job that cannot be changed, and exits as for it', async () => {
    const app = openApp();
    await app.create({ job_id: 'a' });
    const ran = await runAgainst(app, 'cancel', 'nope', 'a');
    expect(ran).toEqual({
      code: 3,
      stdout: 'a is cancelled\n',
      stderr: 'nope: No job "nope" is stored (job_not_found, 404)\n',
    });
  });

  it('prints the answer with --json', async () => {
    const app = openApp();
    await app.create();
    const ran = await runAgainst(app, 'cancel', 'job-1', '--json');
    expect(JSON.parse(ran.stdout)).toEqual({
      job_id: 'job-1',
      status: 'cancelled',
      requested: null,
    });
  });

  it('changes nothing with --dry-run', async () => {
    const app = openApp();
    await app.create();
    const ran = await runAgainst(app, 'delete', 'job-1', '--dry-run');
    expect(ran.stdout).toMatch(/^would delete job-1: /);
    expect((await runAgainst(app, 'why', 'job-1')).code).toBe(0);
  });

  it.each([
    [['cancel']],
    [['cancel', 'a', '--all']],
    [['cancel', 'a', '--q', 'x']],
    [['cancel', '--q', 'x', '--all', '--yes']],
    [['cancel', '--q', '', '--status', 'failed', '--yes']],
    [['cancel', 'a', '--message', 'x']],
    [['resume', 'a', '--force']],
  ])('refuses %j, and calls nothing', async args => {
    expect((await runCommand(args)).code).toBe(2);
  });
});

describe('a change of the jobs of a filter', () => {
  it('is refused without --yes where nobody can be asked, and says how many it would be', async () => {
    const { fetch, bodies } = bulkService();
    const ran = await runCommand(['cancel', '--q', 'x'], { fetch });
    expect([ran.code, ran.stdout]).toEqual([2, '']);
    expect(ran.stderr).toContain(`This would cancel ${JOBS} jobs`);
    expect(bodies).toEqual([{ action: 'cancel', filter: { q: 'x' }, dry_run: true }]);
  });

  it('asks on a terminal', async () => {
    const { fetch, bodies } = bulkService();
    const ask = (stdin: string) =>
      runCommand(['cancel', '--all'], { fetch, stdin, isTerminal: true });
    const refused = await ask('\n');
    expect([refused.code, bodies.length]).toEqual([1, 1]);
    expect(refused.stderr).toContain(`cancel ${JOBS} jobs? [y/N] Nothing is changed.`);
    const agreed = await ask('yes\n');
    expect([agreed.code, agreed.stdout]).toEqual([0, `cancelled ${JOBS} jobs\n`]);
  });

  it('calls until no job is left, with the filter and the cursor of each answer', async () => {
    const { fetch, bodies } = bulkService();
    const flags = ['--status', 'failed,paused', '--standing', 'resting', '--name', 'x', '--yes'];
    const ran = await runCommand(['fail', ...flags, '--message', 'Old', '--holder', 'w'], {
      fetch,
    });
    expect([ran.code, ran.stdout]).toEqual([0, `failed ${JOBS} jobs\n`]);
    const filter = {
      status: ['failed', 'paused'],
      standing: ['resting'],
      job_name: 'x',
      holder: 'w',
    };
    const common = { action: 'fail', filter, error_message: 'Old' };
    expect(bodies).toEqual([
      { ...common, dry_run: true },
      { ...common, dry_run: false, limit: 200 },
      { ...common, dry_run: false, limit: 200, cursor: '200' },
      { ...common, dry_run: false, limit: 200, cursor: '400' },
    ]);
  });

  it('names the instant of a duration', async () => {
    const { fetch, bodies } = bulkService();
    await runCommand(['delete', '--updated-before', '30d', '--dry-run'], { fetch });
    expect(bodies[0]).toMatchObject({ filter: { updated_before: '2026-02-02T05:06:07.000Z' } });
  });

  it('prints how many it would be and the first ids with --dry-run', async () => {
    const { fetch, bodies } = bulkService();
    const ran = await runCommand(['delete', '--all', '--dry-run'], { fetch });
    expect(ran.stdout).toBe(`would delete ${JOBS} jobs\n  a\n  b\\x1b\n  and ${JOBS - 2} more\n`);
    expect(bodies).toEqual([{ action: 'delete', filter: { all: true }, dry_run: true }]);
  });

  it('exits with 4 where a job was left as it was, but not for one that had ended', async () => {
    const run = (skipped: readonly Readonly<Record<string, string>>[]) =>
      runCommand(['cancel', '--all', '--yes'], { fetch: bulkService(skipped).fetch });
    const held = await run([HELD, FINISHED]);
    expect([held.code, held.stdout]).toEqual([
      4,
      `cancelled ${JOBS - 2} jobs, left 1 job (lease_held), left 1 job (job_finished)\n`,
    ]);
    expect(lines(held.stderr).at(-1)).toBe('  x: The job is held by "w" (lease_held)');
    expect(held.stderr).not.toContain('  y: ');
    expect((await run([FINISHED])).code).toBe(0);
  });

  it('prints one object with --json', async () => {
    const { fetch } = bulkService([HELD]);
    const ran = await runCommand(['cancel', '--all', '--yes', '--json'], { fetch });
    expect(JSON.parse(ran.stdout)).toEqual({
      action: 'cancel',
      matched: JOBS,
      done: JOBS - 1,
      pending: 0,
      skipped: [HELD],
    });
  });
});

describe('dalsegno create', () => {
  it('creates a job from flags, with all digits of its settings', async () => {
    const app = openApp();
    const config = '{"n": 12345678901234567890}';
    const flags = ['--name', 'An import', '--sheets', '3', '--config', config];
    const ran = await runAgainst(app, 'create', 'etl-1', ...flags);
    expect(ran).toEqual({ code: 0, stdout: 'created etl-1 with 3 sheets\n', stderr: '' });
    const { text } = await app.ask('GET', '/v1/jobs/etl-1');
    expect(text).toMatch(/"n": ?12345678901234567890/);
    expect(JSON.parse(text)).toMatchObject({ job_name: 'An import', total_sheets: 3 });
  });

  it('creates the job of standard input', async () => {
    const app = openApp();
    const stdin = '{"job_id": "a", "job_name": "x", "total_sheets": 2}';
    const fetch = fetchOf(app);
    const ran = await runCommand(['create', '--file', '-', '--json'], { fetch, stdin });
    expect(JSON.parse(ran.stdout)).toMatchObject({ job_id: 'a', status: 'pending' });
  });

  it('exits with 4 where the job exists', async () => {
    const app = openApp();
    await app.create({ job_id: 'a' });
    const ran = await runAgainst(app, 'create', 'a', '--sheets', '9');
    expect([ran.code, ran.stderr]).toEqual([4, expect.stringContaining('job_exists, 409')]);
  });

  it.each([
    [['create']],
    [['create', 'a']],
    [['create', 'a', '--sheets', 'many']],
    [['create', 'a', '--sheets', '1', '--config', '{']],
    [['create', 'a', '--sheets', '1', '--config', '[]']],
    [['create', 'a', '--sheets', '1', '--config', '@/nowhere']],
    [['create', '--file', '/nowhere']],
    [['create', 'a', '--file', '-']],
  ])('refuses %j, and calls nothing', async args => {
    expect((await runCommand(args)).code).toBe(2);
  });
});
