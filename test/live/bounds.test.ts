import { describe, expect, it } from 'vitest';
import { countFiltered } from '../../lib/live/filtered-count.ts';
import type { LiveReader } from '../../lib/live/live-reader.ts';
import { standingPage } from '../../lib/live/standing-page.ts';
import type { JobOrder } from '../../lib/storage/lists/job-index.ts';
import { encodeCursor } from '../../lib/storage/lists/job-list.ts';
import type { JobSearch } from '../../lib/storage/lists/job-search.ts';
import { openApp } from '../support/app.ts';

const PLACE = { instant: '000000000000000001', key: 'jobs/a.json' };
const CURSOR = encodeCursor(PLACE, 'newest');

/** Jobs of which a search reads many, and finds none. */
function endless(rowsOfPage: number) {
  const asked: JobSearch[] = [];
  const order: JobOrder = {
    async page(search) {
      asked.push(search);
      const read = Math.min(rowsOfPage, search.mostRead ?? rowsOfPage);
      return { jobs: [], next: PLACE, read };
    },
    visit: async () => {},
    tally: async () => null,
    tallyFirst: async () => null,
    count: async () => null,
    countMany: async () => null,
    corrupt: async () => [],
    revision: 1,
  };
  return { order, asked };
}

const LIVE = {
  looksUpMany: true,
  readOf: async () => ({ standingOf: () => 'resting' }),
  read: async () => ({ standingOf: () => 'resting' }),
} as unknown as LiveReader;

describe('standingPage()', () => {
  it('ends after 20,000 objects that were read, however few of them may be shown', async () => {
    const { order, asked } = endless(8_000);
    const query = { standings: ['waiting'], query: 'x', limit: 50, cursor: null } as const;
    const page = await standingPage(order, query, LIVE);
    expect(page).toMatchObject({ ok: true, value: { jobs: [], nextCursor: CURSOR } });
    expect(asked.map(({ mostRead }) => mostRead)).toEqual([20_000, 12_000, 4_000]);
  });
});

describe('countFiltered()', () => {
  it('ends after 100,000 objects that were read, and says where it goes on', async () => {
    const { order, asked } = endless(60_000);
    const query = { filter: { query: 'x' }, cursor: null, sample: 20 };
    const count = await countFiltered(order, query, LIVE);
    expect(count).toEqual({ ok: true, value: { matched: 0, sample: [], nextCursor: CURSOR } });
    expect(asked).toHaveLength(2);
    await countFiltered(order, { ...query, cursor: CURSOR }, LIVE);
    expect(asked[2]?.after).toEqual(PLACE);
  });
});

describe('POST /v1/bulk with dry_run', () => {
  it('refuses a cursor that is none, and counts behind one', async () => {
    const app = openApp();
    for (const job_id of ['a', 'b', 'c']) await app.create({ job_id });
    const dry = (cursor: string) => {
      const json = { action: 'pause', filter: { all: true }, dry_run: true, cursor };
      return app.ask('POST', '/v1/bulk', { json });
    };
    expect((await dry('oops')).json).toMatchObject({
      status: 422,
      errors: [{ path: '/cursor' }],
    });
    const { json } = await app.ask('GET', '/v1/jobs?limit=1');
    const { next_cursor: cursor } = json as { next_cursor: string };
    expect((await dry(cursor)).json).toMatchObject({ matched: 2, cursor: null });
  });
});
