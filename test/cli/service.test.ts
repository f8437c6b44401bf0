import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { acquire } from '../support/leasing.ts';
import { json, type Reply } from '../worker/scripted-service.ts';
import { lines, runAgainst, runCommand } from './command-line.ts';

function inOrder(...replies: readonly Reply[]): (request: Request) => Promise<Response> {
  const waiting = [...replies];
  return request => waiting.shift()?.(request) ?? Promise.reject(new Error('No answer'));
}

describe('dalsegno show', () => {
  it('shows a job for people: why it is where it is, its counts and its failed sheets', async () => {
    const app = openApp();
    await app.create({ total_sheets: 5 });
    const update = (sheet: number, body: Readonly<Record<string, unknown>>) =>
      app.ask('PUT', `/v1/jobs/job-1/sheets/${sheet}`, { json: body });
    await update(1, { status: 'completed' });
    await update(2, { status: 'in_progress' });
    await update(2, { status: 'failed', error_message: 'Disk\u001b full' });
    const { code, stdout } = await runAgainst(app, 'show', 'job-1', '--sheets');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^name +A job$/m);
    expect(stdout).toMatch(/^sheets +5: 1 completed, 1 failed, 3 not begun$/m);
    expect(stdout).toMatch(/^ {2}sheet 2 after 1 attempts: Disk\\x1b full$/m);
    expect(stdout).toMatch(/^ +2 {2}failed +1 {2}Disk\\x1b full$/m);
  });

  it('shows who had a job', async () => {
    const app = openApp();
    await app.create();
    await acquire(app, { path: '/v1/jobs/job-1' });
    const { stdout } = await runAgainst(app, 'show', 'job-1');
    expect(stdout).toMatch(/History:\n(?: .*\n)* {2}0s ago +granted w-1/);
  });

  it('prints the exact state with --json', async () => {
    const app = openApp();
    await app.create({ config_snapshot: { x: 1 } });
    const { stdout } = await runAgainst(app, 'show', 'job-1', '--json');
    expect(stdout.trimEnd()).toBe((await app.ask('GET', '/v1/jobs/job-1')).text.trimEnd());
  });
});

describe('dalsegno sweep', () => {
  const pass = (numbers: Readonly<Record<string, unknown>>) =>
    json(200, { examined: 2, recovered: 1, failed: 0, skipped: 1, errors: 0, ...numbers });

  it('goes on until all leases were looked at, and adds up', async () => {
    const fetch = inOrder(pass({ cursor: 'c' }), pass({ cursor: null }));
    const ran = await runCommand(['sweep'], { fetch });
    expect([ran.code, ran.stdout]).toEqual([
      0,
      'looked at 4 leases: 2 jobs recovered, 0 failed, 2 left alone, 0 errors\n',
    ]);
  });

  it('exits with 1 where the store failed for a lease', async () => {
    const ran = await runCommand(['sweep', '--json'], { fetch: pass({ errors: 1, cursor: null }) });
    expect([ran.code, JSON.parse(ran.stdout)]).toMatchObject([1, { errors: 1 }]);
  });
});

describe('dalsegno doctor', () => {
  it('exits with 0 where all checks pass', async () => {
    const { code, stdout } = await runAgainst(openApp(), 'doctor', '--list-keys', '3');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {4}create if absent/m);
    expect(stdout).toMatch(/^The store memory does what it must; leases are granted$/m);
  });

  it('exits with 0 where checks are left that one call could not make', async () => {
    const checks = [
      { name: 'delete', ok: true, detail: 'It is gone' },
      { name: 'shard 9: delete', ok: false, detail: 'Not examined: one call cannot examine all' },
    ];
    const fetch = json(200, { store: 'durable-objects', checks, leases: true });
    const ran = await runCommand(['doctor'], { fetch });
    expect([ran.code, lines(ran.stdout)]).toEqual([
      0,
      [
        'ok    delete: It is gone',
        'left  shard 9: delete: Not examined: one call cannot examine all',
        'The store durable-objects does what it must; leases are granted',
      ],
    ]);
  });

  it('exits with 1 where a check fails', async () => {
    const checks = [{ name: 'delete', ok: false, detail: 'It is\u0007 there' }];
    const fetch = json(200, { store: 'r2', checks, leases: false });
    const ran = await runCommand(['doctor'], { fetch });
    expect([ran.code, lines(ran.stdout)]).toEqual([
      1,
      [
        'fails delete: It is\\x07 there',
        'The store r2 does not do all that it must; leases are refused',
      ],
    ]);
  });
});

describe('dalsegno stats', () => {
  const STATS = {
    jobs: { pending: 2, running: 1, failed: 0 },
    total: 3,
    standing: { waiting: 2, held: 1 },
    oldest_waiting_at: '2026-03-04T05:00:00Z',
    leases: { live: 1, stalled: 0 },
    corrupt: 0,
    at_least: true,
    false_alarms: null,
    store: { name: 'file', leases: true, read_after_write: false },
    limits: ['Lists are late'],
    sweep: { at: '2026-03-04T05:05:00Z', examined: 1 },
    doctor: null,
    poll_seconds: 5,
    server_time: '2026-03-04T05:06:00Z',
  };

  it('prints counts for people', async () => {
    const { code, stdout } = await runCommand(['stats'], { fetch: json(200, STATS) });
    expect(code).toBe(0);
    expect(lines(stdout).map(line => `${line.slice(0, 15).trimEnd()}: ${line.slice(16)}`)).toEqual([
      'jobs: at least 3',
      'by status: 2 pending, 1 running',
      'by standing: 2 waiting, 1 held',
      'oldest waiting: 6m ago',
      'leases: 1 live, 0 stalled',
      'corrupt files: 0',
      'store: file, leases, no read after write',
      'last sweep: 1m ago, examined 1',
      'limit: Lists are late',
    ]);
  });

  it('passes the answer through with --json', async () => {
    const { stdout } = await runCommand(['stats', '--json'], { fetch: json(200, STATS) });
    expect(JSON.parse(stdout)).toEqual(STATS);
  });
});

describe('dalsegno openapi', () => {
  it('prints the description of the service', async () => {
    const fetch = json(200, { openapi: '3.1.0' });
    const { stdout } = await runCommand(['openapi'], { fetch });
    expect(stdout).toBe('{"openapi":"3.1.0"}\n');
  });
});
