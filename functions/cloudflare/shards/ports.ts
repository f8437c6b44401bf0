import { systemTimers, type Timers } from '../../../lib/base/timers.ts';
import type { RenewalCall } from '../../../lib/protocol/renew.ts';
import type { RenewalAnswer, RenewalPort } from '../../../lib/remote/renewal-port.ts';
import { createRetry, type RetryTiming } from '../../../lib/stores/binding/retry.ts';
import type { ShardPort } from '../../../lib/stores/shard-port.ts';
import { isTransientFault } from '../../../lib/stores/shards/shard-client.ts';
import { withinTime } from './time-limit.ts';

/** What each call of a shard begins with. */
export interface ShardAsk {
  /** The version of the calls and answers. */
  readonly protocol: number;
  /** Which shard is asked, of how many. */
  readonly number: number;
  readonly of: number;
}

/** To be raised with each change of calls or answers that one side does not understand without the other. */
export const SHARD_PROTOCOL = 1;

/** The calls of a shard, each with its head. */
export type ShardCalls = {
  readonly [Name in keyof ShardPort]: (
    ask: ShardAsk,
    ...args: Parameters<ShardPort[Name]>
  ) => ReturnType<ShardPort[Name]>;
} & {
  readonly renew: (ask: ShardAsk, calls: readonly RenewalCall[]) => Promise<RenewalAnswer>;
};

/** The part of the binding of `LeaseShard` that is used. */
export interface LeaseShardsLike {
  getByName(name: string): ShardCalls;
}

export interface ShardPorts extends ShardPort, RenewalPort {}

/** Longer than a shard that starts looks its unsettled jobs up. */
const LONGEST_MS = 10_000;
/** A thousand jobs may be looked up. */
const LONGEST_COMPARISON_MS = 60_000;

/** The shards of a deployment. Each call has a stub of its own: one that has failed stays broken. */
export function shardPortsOf(
  binding: LeaseShardsLike,
  {
    of,
    called = () => {},
    timers = systemTimers,
    ...timing
  }: RetryTiming & {
    readonly of: number;
    readonly called?: () => void;
    readonly timers?: Pick<Timers, 'after'>;
  },
): readonly ShardPorts[] {
  // The store makes its other calls again itself.
  const retry = createRetry(timing, isTransientFault);

  function portOf(number: number): ShardPorts {
    const ask: ShardAsk = { protocol: SHARD_PROTOCOL, number, of };

    /** A shard that does not answer in time has failed as one that is unreachable. */
    function call<T>(
      task: (stub: ShardCalls) => Promise<T>,
      milliseconds = LONGEST_MS,
    ): Promise<T> {
      called();
      return withinTime(task(binding.getByName(`shard-${number}`)), { timers, milliseconds });
    }

    return {
      apply: steps => call(stub => stub.apply(ask, steps)),
      list: query => call(stub => stub.list(ask, query)),
      page: (folder, query) => call(stub => stub.page(ask, folder, query)),
      count: folder => call(stub => stub.count(ask, folder)),
      compare: part => call(stub => stub.compare(ask, part), LONGEST_COMPARISON_MS),
      renew: calls =>
        retry(`renew leases at shard ${number}`, () => call(stub => stub.renew(ask, calls))),
    };
  }

  return Array.from({ length: of }, (_, number) => portOf(number));
}

/** Why a shard does not answer a call. Null if it does. `place` is what it was made as; null for a new one. */
export function refusalOf(
  { protocol, number, of }: ShardAsk,
  place: Pick<ShardAsk, 'number' | 'of'> | null,
): string | null {
  if (protocol !== SHARD_PROTOCOL) {
    return `The shard runs another version of the service: its protocol is ${SHARD_PROTOCOL}, and the caller's ${protocol}`;
  }
  if (place !== null && (place.number !== number || place.of !== of)) {
    return `This is shard ${place.number} of ${place.of}, and the caller asks for shard ${number} of ${of}`;
  }
  return null;
}
