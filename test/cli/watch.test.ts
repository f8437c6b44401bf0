import { describe, expect, it } from 'vitest';
import { fetchOf } from '../client/setup.ts';
import { openApp } from '../support/app.ts';
import { json, lost, problem, type Reply } from '../worker/scripted-service.ts';
import { lines, runCommand } from './command-line.ts';

const HIDE = '\u001b[?25l';
const SHOW = '\u001b[?25h';

interface Job {
  readonly standing?: string;
  readonly done?: number;
}

function page({ standing = 'waiting', done = 0 }: Job, tag: string): Reply {
  const jobs = [
    {
      job_id: 'a\u001b',
      job_name: 'A job',
      status: 'running',
      standing,
      progress: [done, 3],
      holder: 'w-1',
      lease: null,
      last_activity_at: '2026-03-04T05:06:00Z',
    },
  ];
  const body = { jobs, corrupt: [], next_cursor: null, server_time: '2026-03-04T05:06:07Z' };
  return json(200, body, { ETag: `"${tag}"` });
}

const unchanged: Reply = () => Promise.resolve(new Response(null, { status: 304 }));

/** Answers the lists in order, and ends the command by Ctrl-C after the last one. */
function listing(...replies: readonly Reply[]) {
  const interrupt = new AbortController();
  const waiting = [...replies];
  const tags: (string | null)[] = [];
  async function fetch(request: Request): Promise<Response> {
    if (request.url.endsWith('/v1/stats')) return problem(404, 'not_found')(request);
    tags.push(request.headers.get('if-none-match'));
    const reply = waiting.shift();
    if (reply !== undefined) return reply(request);
    interrupt.abort();
    return unchanged(request);
  }
  return { fetch, tags, signal: interrupt.signal };
}

describe('dalsegno watch', () => {
  it('prints a line for each change where no terminal reads it', async () => {
    const { fetch, tags, signal } = listing(
      page({}, 'l-1'),
      unchanged,
      page({ standing: 'held', done: 1 }, 'l-2'),
      page({ standing: 'held', done: 1 }, 'l-3'),
    );
    const ran = await runCommand(['watch'], { fetch, signal });
    expect(ran).toEqual({
      code: 130,
      stdout: '05:06:07 a\\x1b running waiting 0/3 w-1\n05:06:07 a\\x1b running held 1/3 w-1\n',
      stderr: '',
    });
    expect(tags).toEqual([null, '"l-1"', '"l-1"', '"l-2"', '"l-3"']);
  });

  it('draws a table again in its place on a terminal, and shows the cursor at the end', async () => {
    const { fetch, signal } = listing(page({}, 'l-1'), page({ standing: 'held' }, 'l-2'));
    const ran = await runCommand(['watch'], { fetch, signal, isTerminal: true });
    expect(ran.code).toBe(130);
    const [before, first, ...rest] = ran.stdout.split(HIDE);
    expect([before, rest]).toEqual(['', []]);
    // Three lines were drawn: a title, that of the table and a job.
    expect(first).toContain('\u001b[3A\r');
    expect(ran.stdout.endsWith(SHOW)).toBe(true);
  });

  it('prints rows that changed as JSON lines with --json, also on a terminal', async () => {
    const { fetch, signal } = listing(page({}, 'l-1'), unchanged, page({ done: 2 }, 'l-2'));
    const ran = await runCommand(['watch', '--json'], { fetch, signal, isTerminal: true });
    expect(lines(ran.stdout).map(line => JSON.parse(line).progress)).toEqual([
      [0, 3],
      [2, 3],
    ]);
  });

  it('waits for a service that does not answer, and says so once', async () => {
    const down = [lost(), lost(), lost()];
    const { fetch, signal } = listing(page({}, 'l-1'), ...down, ...down, page({ done: 1 }, 'l-2'));
    const ran = await runCommand(['watch'], { fetch, signal });
    expect(lines(ran.stdout)).toHaveLength(2);
    expect(lines(ran.stderr)).toEqual([expect.stringContaining('does not answer')]);
  });

  it('ends with the error of the service where waiting would not help', async () => {
    const { fetch, signal } = listing(page({}, 'l-1'), problem(403, 'forbidden'));
    expect((await runCommand(['watch'], { fetch, signal })).code).toBe(5);
  });

  it('ends where nobody reads any more', async () => {
    const { fetch, signal } = listing(page({}, 'l-1'), page({ done: 1 }, 'l-2'), page({}, 'l-3'));
    const ran = await runCommand(['watch'], { fetch, signal, readsOnly: 2 });
    expect([ran.code, signal.aborted]).toEqual([0, false]);
  });

  it('passes the filter on', async () => {
    const queries: string[] = [];
    const { fetch, signal } = listing();
    const noting = (request: Request) => {
      queries.push(new URL(request.url).search);
      return fetch(request);
    };
    const flags = ['--standing', 'held,stalled', '--interval', '2', '--limit', '7'];
    await runCommand(['watch', ...flags], { fetch: noting, signal });
    expect(queries[0]).toBe('?standing=held%2Cstalled&limit=7&view=live');
  });

  it.each([
    ['cancel', 1],
    ['complete', 0],
  ])('follows one job until it is finished: %s exits with %i', async (action, code) => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    const end = () =>
      action === 'cancel'
        ? app.ask('POST', '/v1/jobs/job-1/cancel')
        : app.ask('PUT', '/v1/jobs/job-1/sheets/1', { json: { status: 'completed' } });
    let hasEnded = false;
    const ran = await runCommand(['watch', 'job-1', '--interval', '1'], {
      fetch: fetchOf(app),
      onWrite() {
        if (!hasEnded) void end();
        hasEnded = true;
      },
    });
    expect(ran.code).toBe(code);
    const [first, last] = lines(ran.stdout);
    expect(first).toMatch(/^05:06:07 job-1 pending waiting 0\/1 -: /);
    expect(last).toMatch(/^05:06:07 job-1 (?:cancelled|completed) finished [01]\/1 -: /);
  });

  it.each([
    [['watch', '--interval', '0']],
    [['watch', 'a', '--q', 'x']],
    [['watch', '--limit', '5000']],
  ])('refuses %j', async args => {
    expect((await runCommand(args)).code).toBe(2);
  });

  it('exits with 3 for a job that is not there', async () => {
    const ran = await runCommand(['watch', 'nope'], { fetch: fetchOf(openApp()) });
    expect(ran.code).toBe(3);
  });
});
