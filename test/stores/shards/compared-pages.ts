import { expect } from 'vitest';
import { type PageQuery, placedOrder, type StoredEntry, StoreError } from '../../../lib/store.ts';
import { compareKeys } from '../../../lib/stores/key-order.ts';
import type { ShardedStore } from '../../../lib/stores/shards.ts';
import { collect } from '../../conformance/write.ts';
import type { Dice } from './dice.ts';
import { KEYS, layoutFor, type ShardWorld } from './shard-world.ts';

/** A page is what sorting all bodies makes. */
export async function comparePages(
  world: ShardWorld,
  store: ShardedStore,
  dice: Dice,
  told: string,
): Promise<void> {
  // Where a shard could not be told how a write has ended, it takes two seconds to find that out itself.
  world.advance(3_000);
  const { placeOf } = layoutFor(KEYS, () => true);
  const bodies: readonly StoredEntry[] = await collect(world.bodies.list('jobs/'));
  const descending = dice.chance(0.5);
  const query: PageQuery = {
    group: dice.of([null, null, 'x', 'y']),
    field: dice.of([null, null, { name: 'name', value: 'n' }, { name: 'holder', value: 'w' }]),
    after: null,
    before: dice.of([null, null, '10']),
    descending,
    limit: dice.of([1, 3, 100]),
  };
  const wanted = bodies
    .map(entry => ({ ...entry, place: entry.label === null ? null : placeOf(entry.label) }))
    .filter(({ place }) => {
      if (place === null) return query.group === null && query.before === null;
      if (query.group !== null && place.group !== query.group) return false;
      if (query.before !== null && place.order >= query.before) return false;
      const value = place.fields?.[query.field?.name ?? ''];
      return query.field === null || value === undefined || value === query.field?.value;
    })
    .map(({ key, version, label, place }) => ({ key, version, label, order: place?.order ?? null }))
    .toSorted(placedOrder(descending, compareKeys));
  const found: StoredEntry[] = [];
  let after: PageQuery['after'] = null;
  for (;;) {
    const page = await untilAnswered(
      async () => store.ordered?.page('jobs', { ...query, after }) ?? [],
    );
    found.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < query.limit) break;
    after = { order: last.order, key: last.key };
  }
  expect({ told, query, found }).toEqual({ told, query, found: wanted });
  const counts = await untilAnswered(async () => store.ordered?.countGroups?.('jobs'));
  const places = bodies.map(({ label }) => (label === null ? null : placeOf(label)));
  const groups = Map.groupBy(
    places.filter(place => place !== null),
    ({ group }) => group,
  );
  expect({ told, ...counts }).toEqual({
    told,
    groups: new Map([...groups].map(([group, members]) => [group, members.length])),
    unplaced: places.filter(place => place === null).length,
  });
}

/** Faults that are left over end here. */
export async function untilAnswered<T>(task: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await task();
    } catch (error) {
      if (!(error instanceof StoreError) || tries === 5) throw error;
    }
  }
}
