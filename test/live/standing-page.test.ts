import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWorld, type ShardWorld } from '../shards/shard-world.ts';
import { acquire } from '../support/leasing.ts';

/** Of waiting jobs, beside the few others. */
const WAITING = 1_500;

let world: ShardWorld;

beforeEach(async () => {
  world = await openWorld({ shards: 2 });
  for (const shard of world.shards) await shard.running();
  await world.advance(1_000);
});

afterEach(() => world.close());

const create = (job_id: string) => world.app.create({ job_id });

/** Entries of the catalogue and hints of waiting jobs, in the tables of the shards. Their jobs are older than all others. */
async function fill(): Promise<void> {
  await create('model');
  const query = { group: null, after: null, before: null, descending: true, limit: 1 };
  const [entry] = (await world.store.ordered?.page('jobs', query)) ?? [];
  const { value: hint } = await world.store.list('ready/')[Symbol.asyncIterator]().next();
  if (entry === undefined || hint === undefined) throw new TypeError('There is no job');
  const { version, label, order } = entry;
  for (let nth = 0; nth < WAITING; nth += 1) {
    const name = `fill-${nth}`;
    const { sql } = world.shardOf(name);
    const ownLabel = label?.replaceAll('model', name) ?? null;
    sql.exec(
      'INSERT INTO listed (key, version, label, place, kind, field_a, field_b) VALUES (?, ?, ?, ?, ?, ?, ?)',
      `jobs/${name}.json`,
      version,
      ownLabel,
      order,
      'pending',
      'n',
      '',
    );
    sql.exec(
      'INSERT INTO object (key, version, over, label, body, tag) VALUES (?, ?, ?, ?, ?, ?)',
      hint.key.replace('~model', `~${name}`),
      'v',
      null,
      null,
      new Uint8Array(),
      'n',
    );
  }
}

async function page(standings: readonly string[], rest = '') {
  const { text } = await world.app.ask('GET', `/v1/jobs?standing=${standings.join(',')}${rest}`);
  const { jobs, next_cursor } = JSON.parse(text) as {
    jobs: readonly { readonly job_id: string; readonly standing?: string }[];
    next_cursor: string | null;
  };
  return { ids: jobs.map(({ job_id }) => job_id), jobs, cursor: next_cursor };
}

/** Rows that were read, from the tables. */
async function rowsOf<T>(
  task: () => Promise<T>,
): Promise<{ readonly found: T; readonly rows: number }> {
  for (const shard of world.shards) shard.take();
  const found = await task();
  const rows = world.shards.reduce((sum, shard) => sum + shard.take().read, 0);
  return { found, rows };
}

describe('GET /v1/jobs?standing= on shards', () => {
  it('reads the rows of what runs or what it shows, among many waiting jobs', async () => {
    await fill();
    await world.advance(1_000);
    for (const id of ['run-1', 'run-2', 'done-1', 'free-1']) await create(id);
    await world.app.ask('POST', '/v1/jobs/done-1/cancel');
    await world.app.ask('PUT', '/v1/jobs/free-1/sheets/1', { json: { status: 'in_progress' } });
    await world.advance(130_000);
    for (const id of ['run-1', 'run-2']) await acquire(world.app, { path: `/v1/jobs/${id}` });
    const held = await rowsOf(() => page(['held']));
    expect(held.found.ids).toEqual(['run-1', 'run-2']);
    expect(held.rows).toBeLessThan(50);
    const finished = await rowsOf(() => page(['finished']));
    expect(finished.found.ids).toEqual(['done-1']);
    // A first look at jobs without a place, at 100 jobs of each shard.
    expect(finished.rows).toBeLessThanOrEqual(200);
    const unleased = await rowsOf(() => page(['unleased']));
    expect(unleased.found.ids).toEqual(['free-1']);
    expect(unleased.rows).toBeLessThanOrEqual(200);
    const waiting = await rowsOf(() => page(['waiting'], '&limit=50'));
    expect(waiting.found.ids).toHaveLength(50);
    expect(waiting.rows).toBeLessThan(WAITING / 2);
  });

  it.each(['newest', 'oldest'])('its pages have each such job once, the %s first', async order => {
    const expected: Record<string, string[]> = { waiting: [], resting: [], held: [], finished: [] };
    for (let nth = 0; nth < 24; nth += 1) {
      const id = `job-${nth}`;
      const [kind = '', ids] = Object.entries(expected)[nth % 4] ?? [];
      await create(id);
      await settleAs(id, kind);
      ids?.push(id);
      await world.advance(1_000);
    }
    for (const standings of [
      ['waiting'],
      ['resting'],
      ['held', 'resting'],
      ['finished', 'waiting'],
    ]) {
      const ids: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const rest = `&limit=2&order=${order}${cursor === '' ? '' : `&cursor=${cursor}`}`;
        const part: Awaited<ReturnType<typeof page>> = await page(standings, rest);
        ids.push(...part.ids);
        ({ cursor } = part);
      }
      const all = standings.flatMap(standing => expected[standing] ?? []);
      const inOrder = all.toSorted((left, right) => numberOf(left) - numberOf(right));
      expect(ids).toEqual(order === 'oldest' ? inOrder : inOrder.toReversed());
    }
  });
});

async function settleAs(id: string, standing: string): Promise<void> {
  const path = `/v1/jobs/${id}`;
  if (standing === 'resting') await world.app.ask('POST', `${path}/pause`);
  if (standing === 'held') await acquire(world.app, { path, ttl_seconds: 3_600 });
  if (standing === 'finished') await world.app.ask('POST', `${path}/cancel`);
}

function numberOf(id: string): number {
  return Number(id.slice('job-'.length));
}
