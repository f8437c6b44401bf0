import type { SqlLike } from '../../../lib/stores/shard/sql.ts';

/**
 * The class that objects with remote methods extend. With this type their declarations name no module of the platform, whose
 * types a program that reads them may not have.
 */
export type RemoteObject = abstract new (state: unknown, env: unknown) => object;

/** The part of the state of a Durable Object that is used. */
export interface ObjectStateLike {
  readonly storage: {
    readonly sql: Pick<SqlLike, 'exec'>;
    readonly kv: {
      get(key: string): unknown;
      put(key: string, value: unknown): void;
    };
    transactionSync<T>(task: () => T): T;
    getAlarm(): Promise<number | null>;
    setAlarm(atMs: number): Promise<void>;
  };
  blockConcurrencyWhile<T>(task: () => Promise<T>): Promise<T>;
}
