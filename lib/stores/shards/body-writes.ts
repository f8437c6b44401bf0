import {
  type Body,
  type Durability,
  type ObjectStore,
  type Precondition,
  StoreError,
  type Version,
} from '../../store.ts';
import type { WriteOutcome } from '../shard-port.ts';
import type { ShardClient } from './shard-client.ts';

/** Writes of bodies that the catalogue knows of before and after. */
export interface BodyWrites {
  put(
    key: string,
    body: Body,
    precondition: Precondition,
    label: string | undefined,
    durability: Durability | undefined,
  ): Promise<Version | null>;
  delete(
    key: string,
    precondition: Precondition,
    durability: Durability | undefined,
  ): Promise<boolean>;
}

export function createBodyWrites(parts: {
  readonly bodies: ObjectStore;
  readonly clientOf: (key: string) => ShardClient;
  readonly mintId: () => string;
  /** Before each write of a key. */
  readonly begun: (key: string) => void;
}): BodyWrites {
  const { bodies, clientOf, mintId, begun } = parts;

  /** `outcomeOf` says what an answer of the bodies means for the catalogue. */
  async function write<T>(
    key: string,
    task: () => Promise<T>,
    outcomeOf: (answer: T) => WriteOutcome,
  ): Promise<T> {
    begun(key);
    const client = clientOf(key);
    const id = mintId();
    const attempt = `announce a write of "${key}"`;
    await client.run(attempt, { do: 'announce', key, id });

    /** The write is over. A shard that is not told finds it out itself, before it lists the key. */
    async function settle(outcome: WriteOutcome): Promise<void> {
      try {
        await client.run(`settle a write of "${key}"`, { do: 'settle', key, id, outcome });
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
      }
    }

    let answer: T;
    try {
      answer = await task();
    } catch (error) {
      await settle({ kind: 'unknown' });
      throw error;
    }
    await settle(outcomeOf(answer));
    return answer;
  }

  return {
    put: (key, body, precondition, label, durability) =>
      write(
        key,
        () => bodies.put(key, body, precondition, label, durability),
        version =>
          version === null
            ? { kind: 'refused' }
            : { kind: 'stored', version, label: label ?? null, over: overOf(precondition) },
      ),

    delete: (key, precondition, durability) =>
      write(
        key,
        () => bodies.delete(key, precondition, durability),
        isDone => ({ kind: isDone ? 'deleted' : 'refused' }),
      ),
  };
}

function overOf(precondition: Precondition): Version | null | undefined {
  switch (precondition.kind) {
    case 'none':
      return undefined;
    case 'absent':
      return null;
    case 'version':
      return precondition.version;
    default:
      return precondition satisfies never;
  }
}
