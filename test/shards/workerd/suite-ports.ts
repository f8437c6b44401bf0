import type { ShardPort } from '../../../lib/stores/shard-port.ts';

/** The part of the binding that the suite uses. */
export interface SuiteShardsLike {
  getByName(name: string): SuiteShardCalls;
}

/** Which shard it is, of the store whose keys in the bucket begin with the prefix. */
export interface SuitePlace {
  readonly prefix: string;
  readonly number: number;
}

export type SuiteShardCalls = {
  readonly [Name in keyof ShardPort]: (
    place: SuitePlace,
    ...args: Parameters<ShardPort[Name]>
  ) => ReturnType<ShardPort[Name]>;
};

/** The shards of one store of the suite. */
export function suitePorts(binding: SuiteShardsLike, prefix: string, count: number): ShardPort[] {
  return Array.from({ length: count }, (_, number): ShardPort => {
    const place = { prefix, number };
    const stub = () => binding.getByName(`${prefix}${number}`);
    return {
      apply: steps => stub().apply(place, steps),
      list: query => stub().list(place, query),
      page: (folder, query) => stub().page(place, folder, query),
      count: folder => stub().count(place, folder),
      compare: part => stub().compare(place, part),
    };
  });
}
