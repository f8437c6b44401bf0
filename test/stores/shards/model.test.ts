import { describe, expect, it } from 'vitest';
import {
  ABSENT,
  atVersion,
  type Precondition,
  StoreError,
  UNCONDITIONAL,
} from '../../../lib/store.ts';
import { shardOf } from '../../../lib/stores/shards/shard-of.ts';
import type { ShardedStore } from '../../../lib/stores/shards.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { collect } from '../../conformance/write.ts';
import { comparePages, untilAnswered } from './compared-pages.ts';
import { type Dice, diceOf } from './dice.ts';
import {
  type HostedShard,
  KEYS,
  layoutFor,
  openShardWorld,
  type ShardWorld,
} from './shard-world.ts';

const SEEDS = Number(process.env['SHARD_SEEDS'] ?? 12);
const STEPS = 120;
const NAMES = ['a', 'b', 'c', 'd', 'é', 'f', 'g', 'h', 'i'];
/** So small that most of it moves to the tables and back. */
const LIMITS = { hotBytes: 6_000, residentBytes: 3_000, journalRows: 6, journalSpareBytes: 2_000 };

type Stored = { readonly text: string; readonly label: string | null };

/** What may be stored under a key: the last is the one that was acknowledged last. A crash may bring back an earlier one. */
type Possible = readonly (Stored | null)[];

describe('a store of shards', () => {
  it(`has the objects and lists of a plain model, whatever happens between two steps (${SEEDS} seeds)`, async () => {
    let done = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      await runSeed(seed);
      done += 1;
    }
    expect(done).toBe(SEEDS);
  });
});

async function runSeed(seed: number): Promise<void> {
  const dice = diceOf(seed);
  const world = openShardWorld({ shards: 1 + dice.upTo(3), limits: LIMITS });
  const store = world.open();
  const model = new Map<string, Possible>();
  const told = `seed ${seed}`;
  await store.ordered?.complete('jobs', 0);

  for (let step = 0; step < STEPS; step += 1) {
    const shard = dice.of(world.shards);
    const choice = dice.upTo(14);
    if (choice < 4) {
      const hasCrashed = dice.chance(0.1);
      await changeJob(store, dice, () => hasCrashed && shard.crash());
      if (hasCrashed) await settleModel(world, shard, { store, model, told });
    } else if (choice < 9) await changeObject(world, { store, model, dice, told });
    else if (choice === 9) {
      shard.crash();
      await settleModel(world, shard, { store, model, told });
    } else if (choice === 10) shard.running().flush();
    else if (choice === 11) world.advance(dice.of([10, 1_500, 2_500, 6_000, 61_000]));
    else if (choice === 12) {
      shard.failNext(dice.of(['before', 'after']), dice.of([1, 1, 2, 14]));
    } else {
      await spoil(world, dice);
      await untilAnswered(async () => store.ordered?.complete('jobs', Number.POSITIVE_INFINITY));
    }
    if (dice.chance(0.2)) await compareObjects(store, model, dice, told);
    if (dice.chance(0.2)) await comparePages(world, store, dice, told);
  }
  await compareObjects(store, model, dice, told);
  await comparePages(world, store, dice, told);
  world.close();
}

async function preconditionFor(
  store: ShardedStore,
  key: string,
  dice: Dice,
): Promise<Precondition> {
  const version = await untilAnswered(() => store.head(key));
  if (dice.chance(0.2)) return UNCONDITIONAL;
  return version === null ? ABSENT : atVersion(version);
}

function labelFor(dice: Dice): string | undefined {
  if (dice.chance(0.1)) return undefined;
  const order = String(dice.upTo(20)).padStart(2, '0');
  return `${order} ${dice.of(['x', 'y', 'z'])} ${dice.of(['n', 'm', '?'])} ${dice.of(['', 'w', 'v'])}`;
}

/** Some at once, some lost. */
async function changeJob(store: ShardedStore, dice: Dice, meanwhile: () => void): Promise<void> {
  const key = `jobs/${dice.of(NAMES)}.json`;
  const writers = Array.from({ length: dice.of([1, 1, 1, 2, 3]) }, async () => {
    const precondition = await preconditionFor(store, key, dice);
    if (dice.chance(0.25)) return store.delete(key, precondition);
    return store.put(key, bodyOf(String(dice.upTo(1e9))), precondition, labelFor(dice));
  });
  await Promise.resolve();
  meanwhile();
  for (const outcome of await Promise.allSettled(writers)) {
    if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(StoreError);
  }
}

async function changeObject(
  world: ShardWorld,
  parts: {
    readonly store: ShardedStore;
    readonly model: Map<string, Possible>;
    readonly dice: Dice;
    readonly told: string;
  },
): Promise<void> {
  const { store, model, dice, told } = parts;
  const name = dice.of(NAMES);
  const key = dice.of([
    `leases/${name}.1.json`,
    `ready/1.${dice.of(['n', 'm'])}~${name}`,
    `lapses/${name}.json`,
  ]);
  const precondition = await preconditionFor(store, key, dice);
  const durability = dice.of(['durable', 'ordered'] as const);
  const before = model.get(key) ?? [null];
  const next = dice.chance(0.3)
    ? null
    : {
        text: 'x'.repeat(dice.of([0, 5, 500, 40_000])) + dice.upTo(1e9),
        label: labelFor(dice) ?? null,
      };
  try {
    const done =
      next === null
        ? await store.delete(key, precondition, durability)
        : await store.put(
            key,
            bodyOf(next.text),
            precondition,
            next.label ?? undefined,
            durability,
          );
    expect([told, done === null || done === false]).toEqual([told, false]);
    model.set(key, [...before, next]);
    if (durability === 'durable') fix(world, model, key);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const found = await untilAnswered(() => store.get(key));
    const isNext = next === null ? found === null : textOf(found?.body) === next.text;
    if (isNext) model.set(key, [...before, next]);
  }
}

/** A durable write makes all earlier ones of its place durable. */
function fix(world: ShardWorld, model: Map<string, Possible>, key: string): void {
  for (const [other, possible] of model) {
    const isSame = KEYS.placeOf(other) === KEYS.placeOf(key) || world.shards.length === 1;
    if (isSame) model.set(other, possible.slice(-1));
  }
}

/** After a crash: what is stored is one of what is possible, and stays. */
async function settleModel(
  world: ShardWorld,
  crashed: HostedShard,
  {
    store,
    model,
    told,
  }: {
    readonly store: ShardedStore;
    readonly model: Map<string, Possible>;
    readonly told: string;
  },
): Promise<void> {
  for (const [key, possible] of model) {
    if (world.shards[shardOf(KEYS.placeOf(key), world.shards.length)] !== crashed) continue;
    const found = await untilAnswered(() => store.get(key));
    const text = textOf(found?.body);
    expect({ told, key, isPossible: possible.some(each => (each?.text ?? null) === text) }).toEqual(
      {
        told,
        key,
        isPossible: true,
      },
    );
    const kept = possible.findLast(each => (each?.text ?? null) === text) ?? null;
    model.set(key, possible.length === 1 ? possible : [kept]);
  }
}

/** Changes the bucket behind the store's back. */
async function spoil({ bodies }: ShardWorld, dice: Dice): Promise<void> {
  const key = `jobs/${dice.of(NAMES)}.json`;
  if (dice.chance(0.4)) await bodies.delete(key, UNCONDITIONAL);
  else await bodies.put(key, bodyOf(String(dice.upTo(1e9))), UNCONDITIONAL, labelFor(dice));
}

async function compareObjects(
  store: ShardedStore,
  model: ReadonlyMap<string, Possible>,
  dice: Dice,
  told: string,
): Promise<void> {
  const stored = new Map(
    [...model].flatMap(([key, possible]) => {
      const last = possible.at(-1) ?? null;
      return last === null ? [] : [[key, last] as const];
    }),
  );
  const prefix = dice.of([
    'leases/',
    'ready/',
    'lapses/',
    `leases/${dice.of(NAMES)}.`,
    'ready/1.n',
  ]);
  const tag = dice.of([null, 'n', 'm']);
  const entries = await untilAnswered(() => collect(store.list(prefix, '', { labels: true, tag })));
  const tagOf = layoutFor(KEYS, () => true).tagged?.tagOf ?? (() => '');
  const expected = [...stored]
    .filter(([key]) => key.startsWith(prefix))
    .filter(([key]) => tag === null || !key.startsWith('ready/') || tagOf(key) === tag)
    .map(([key, { label }]) => ({ key, label }));
  expected.sort((left, right) => (left.key < right.key ? -1 : 1));
  expect([told, ...entries.map(({ key, label }) => ({ key, label }))]).toEqual([told, ...expected]);
  for (const { key, version } of entries) {
    const found = await untilAnswered(() => store.get(key));
    const actual = { told, key, text: textOf(found?.body), version: found?.version };
    expect(actual).toEqual({ told, key, text: stored.get(key)?.text, version });
  }
}
