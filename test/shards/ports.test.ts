import { describe, expect, it } from 'vitest';
import {
  refusalOf,
  SHARD_PROTOCOL,
  type ShardCalls,
  shardPortsOf,
} from '../../functions/cloudflare/shards/ports.ts';
import { StoreError } from '../../lib/store.ts';

const ASK = { protocol: SHARD_PROTOCOL, number: 3, of: 8 };

describe('refusalOf()', () => {
  it('refuses a caller of another version, and says both', () => {
    expect(refusalOf({ ...ASK, protocol: SHARD_PROTOCOL + 1 }, null)).toBe(
      `The shard runs another version of the service: its protocol is ${SHARD_PROTOCOL}, and the caller's ${SHARD_PROTOCOL + 1}`,
    );
  });

  it('refuses a caller that takes it for another shard', () => {
    expect(refusalOf(ASK, { number: 3, of: 4 })).toBe(
      'This is shard 3 of 4, and the caller asks for shard 3 of 8',
    );
    expect(refusalOf(ASK, { number: 3, of: 8 })).toBeNull();
    expect(refusalOf(ASK, null)).toBeNull();
  });
});

describe('shardPortsOf()', () => {
  function bindingOf(renew: ShardCalls['renew']) {
    const names: string[] = [];
    const getByName = (name: string) => {
      names.push(name);
      return { renew } as ShardCalls;
    };
    return { names, binding: { getByName } };
  }

  it('renew() is called again with a new stub after a failure that may pass', async () => {
    let calls = 0;
    const { names, binding } = bindingOf(async () => {
      calls += 1;
      if (calls < 3) throw new Error('Durable Object reset because its code was updated.');
      return { outcomes: [], lateSeconds: [] };
    });
    const port = shardPortsOf(binding, { of: 8 })[5];
    expect(await port?.renew([])).toEqual({ outcomes: [], lateSeconds: [] });
    expect(names).toEqual(['shard-5', 'shard-5', 'shard-5']);
  });

  it('renew() rejects with a StoreError after a failure that lasts', async () => {
    const { binding } = bindingOf(async () => {
      throw new Error('No such table');
    });
    const renewed = shardPortsOf(binding, { of: 8 })[5]?.renew([]);
    await expect(renewed).rejects.toBeInstanceOf(StoreError);
    await expect(renewed).rejects.toThrow('Cannot renew leases at shard 5: No such table');
  });

  it.each(['apply', 'list', 'count', 'page', 'compare', 'renew'] as const)(
    '%s() of a shard that hangs is given up in time',
    async name => {
      const waits: number[] = [];
      const timers = {
        after(milliseconds: number, task: () => void) {
          waits.push(milliseconds);
          task();
          return () => {};
        },
      };
      const hang = () => new Promise<never>(() => {});
      const stub = { apply: hang, list: hang, page: hang, count: hang, compare: hang, renew: hang };
      const [port] = shardPortsOf(
        { getByName: () => stub },
        {
          of: 1,
          timers,
          delay: async () => {},
        },
      );
      const call = port?.[name] as (...args: unknown[]) => Promise<unknown>;
      await expect(call([])).rejects.toThrow('no answer came within');
      expect(Math.max(...waits)).toBeLessThanOrEqual(60_000);
    },
  );
});
