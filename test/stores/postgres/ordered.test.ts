import { describe, expect, it } from 'vitest';
import {
  type ObjectStore,
  type PageQuery,
  type PlacedEntry,
  placedOrder,
  UNCONDITIONAL,
} from '../../../lib/store.ts';
import { compareKeys } from '../../../lib/stores/key-order.ts';
import type { PostgresLayout } from '../../../lib/stores/postgres/layout.ts';
import { bodyOf } from '../../conformance/body.ts';
import { collect } from '../../conformance/write.ts';
import { type Dice, diceOf } from '../shards/dice.ts';
import { KEYS, layoutFor } from '../shards/shard-world.ts';
import { usePostgresWorld } from './world.ts';

const PAGES = Number(process.env['POSTGRES_PAGES'] ?? 150);
const COUNTS = 60;
/** Labels are `order group name holder`; a name of `?` is not known. */
const LAYOUT: PostgresLayout = layoutFor(KEYS, () => true);
const { open, sql } = usePostgresWorld();

describe('lists by place', () => {
  it(`page() gives what sorting all objects gives (${PAGES} pages)`, async () => {
    const store = open({ layout: LAYOUT });
    const dice = diceOf(7);
    for (let count = 0; count < 80; count += 1) {
      const key = `jobs/${dice.of(['a', 'é', '𝒳', '\ufffd'])}${dice.upTo(60)}.json`;
      await store.put(key, bodyOf(''), UNCONDITIONAL, labelFor(dice));
      if (dice.chance(0.1)) await store.delete(key, UNCONDITIONAL);
    }
    const all = await placed(store);
    for (let page = 0; page < PAGES; page += 1) {
      const query = queryFor(dice, all);
      const found = await store.ordered?.page('jobs', query);
      expect({ query, found }).toEqual({ query, found: pageOf(all, query) });
    }
  });

  it('count() counts what the pages have, or says that it cannot', async () => {
    const store = open({ layout: LAYOUT });
    const dice = diceOf(8);
    for (let nth = 0; nth < 60; nth += 1) {
      const key = `jobs/${dice.of(['a', 'é'])}${nth}.json`;
      // Of those without a known name none is counted by its name.
      const label =
        nth < 30 ? `0${nth % 9} ${dice.of(['x', 'y'])} ${dice.of(['n', 'm'])} w` : labelFor(dice);
      await store.put(key, bodyOf(''), UNCONDITIONAL, label);
    }
    const all = await placed(store);
    const isUnknown = all.some(({ label }) => label?.includes(' ? ') === true);
    expect(isUnknown).toBe(true);
    let known = 0;
    for (let nth = 0; nth < COUNTS; nth += 1) {
      const { after: _, limit: __, ...query } = queryFor(dice, all);
      const whole = { ...query, after: null, limit: 1_000 };
      const expected = pageOf(all, whole).filter(({ order }) => order !== null);
      const counted = await store.ordered?.count?.('jobs', query);
      const isSure = expected.every(
        ({ label }) => query.field?.name !== 'name' || label?.includes(' ? ') === false,
      );
      expect({ query, counted }).toEqual({ query, counted: isSure ? expected.length : null });
      known += isSure ? 1 : 0;
    }
    expect(known).toBeGreaterThan(COUNTS / 4);
    const cut = { name: 'holder', value: 'w'.repeat(64) };
    const query = { group: null, before: null, field: cut };
    expect(await store.ordered?.count?.('jobs', query)).toBeNull();
  });

  it('countGroups() counts each group, and those without a place', async () => {
    const store = open({ layout: LAYOUT });
    const labels = ['01 x n w', '02 x n w', '03 y n w', undefined];
    for (const [index, label] of labels.entries()) {
      await store.put(`jobs/${index}.json`, bodyOf(''), UNCONDITIONAL, label);
    }
    expect(await store.ordered?.countGroups?.('jobs')).toEqual({
      groups: new Map([
        ['x', 2],
        ['y', 1],
      ]),
      unplaced: 1,
    });
  });

  it('take names of any length and with any characters, and find them', async () => {
    const store = open({ layout: LAYOUT });
    const names = ['\0', 'a\0b', '\ud800', '𝒳'.repeat(3_000), 'n'.repeat(100_000)];
    for (const [index, name] of names.entries()) {
      const body = bodyOf(String(index));
      const label = `0${index} x ${name.slice(0, 200)} ${name}`;
      expect(await store.put(`jobs/${index}.json`, body, UNCONDITIONAL, label)).not.toBeNull();
    }
    const holder = { name: 'holder', value: '𝒳'.repeat(3_000) };
    const all = { group: null, after: null, before: null, descending: true, limit: 10 };
    const page = await store.ordered?.page('jobs', { ...all, field: holder });
    expect(page?.map(({ key }) => key)).toContain('jobs/3.json');
  });
});

describe('plans', () => {
  it('of all pages read an index, in its order', async () => {
    const label = `lpad(n::text, 6, '0')`;
    await sql(
      `INSERT INTO {}.listed_object (key, version, body, is_text, change, place, kind, field_a, field_b) SELECT 'jobs/' || n, 'v', '', true, '0', ${label}, 'k' || n % 3, 'n' || n % 50, CASE WHEN n % 100 = 0 THEN 'w' ELSE '' END FROM generate_series(1, 20000) AS n`,
    );
    await sql('ANALYZE {}.listed_object');
    const tests: [string, string][] = [
      ["place < '010000'", 'listed_by_place'],
      ["kind = 'k1' AND place < '010000'", 'listed_by_kind'],
      ["field_a = 'n7' AND field_a IS DISTINCT FROM '' AND place < '010000'", 'listed_by_field_a'],
      ["field_b = 'w' AND field_b IS DISTINCT FROM '' AND place < '010000'", 'listed_by_field_b'],
    ];
    for (const [where, index] of tests) {
      const plan = await sql(
        `EXPLAIN SELECT key FROM {}.listed_object WHERE ${where} ORDER BY place DESC, key LIMIT 51`,
      );
      const lines = plan.map(([line]) => line).join('\n');
      expect(lines).toContain(index);
      expect(lines).not.toContain('Sort');
    }
    const planOfCount = async () => {
      await sql('VACUUM {}.listed_object');
      const plan = await sql('EXPLAIN SELECT kind, count(*) FROM {}.listed_object GROUP BY kind');
      return plan.join('\n');
    };
    // While transactions of other tests are under way, the vacuum leaves rows that they might look at.
    await expect.poll(planOfCount).toContain('Index Only Scan using listed_kinds');
  });
});

function labelFor(dice: Dice): string | undefined {
  if (dice.chance(0.15)) return undefined;
  const order = String(dice.upTo(20)).padStart(2, '0');
  return `${order} ${dice.of(['x', 'y', 'z'])} ${dice.of(['n', 'm', '?'])} ${dice.of(['', 'w', 'v'])}`;
}

function queryFor(dice: Dice, all: readonly PlacedEntry[]): PageQuery {
  const after = dice.chance(0.6) ? dice.of(all) : null;
  return {
    group: dice.of([null, null, 'x', 'y']),
    field: dice.of([null, null, { name: 'name', value: 'n' }, { name: 'holder', value: 'w' }]),
    after: after === null ? null : { order: after.order, key: after.key },
    before: dice.of([null, null, '10']),
    descending: dice.chance(0.5),
    limit: dice.of([1, 3, 100]),
    prefix: dice.of(['', '', 'a', 'a1', 'é', 'none']),
  };
}

async function placed(store: ObjectStore): Promise<PlacedEntry[]> {
  const entries = await collect(store.list('jobs/'));
  return entries.map(({ key, version, label }) => {
    const place = label === null ? null : LAYOUT.placeOf(label);
    return { key, version, label, order: place?.order ?? null };
  });
}

function pageOf(all: readonly PlacedEntry[], query: PageQuery): PlacedEntry[] {
  const { group, field = null, after, before, descending, limit, prefix = '' } = query;
  const compare = placedOrder(descending, compareKeys);
  return all
    .filter(entry => {
      if (!entry.key.startsWith(`jobs/${prefix}`)) return false;
      const place = entry.label === null ? null : LAYOUT.placeOf(entry.label);
      if (after !== null && compare(after, entry) >= 0) return false;
      if (place === null) return group === null && before === null;
      if (group !== null && place.group !== group) return false;
      if (before !== null && place.order >= before) return false;
      const value = place.fields?.[field?.name ?? ''];
      return field === null || value === undefined || value === field.value;
    })
    .toSorted(compare)
    .slice(0, limit);
}
