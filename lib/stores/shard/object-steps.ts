import { allows, replacedVersion, type StoredObject } from '../../store.ts';
import type { ShardStep } from '../shard-port.ts';
import type { Urgency } from './dirty-items.ts';
import type { HotMemory } from './hot-memory.ts';
import type { HeldObject, ObjectTable } from './object-table.ts';

type Put = Extract<ShardStep, { do: 'put' }>;
type Delete = Extract<ShardStep, { do: 'delete' }>;

/** How a write ended, and how soon it must be stored. Null: at once; it is stored already, or changed nothing. */
export interface Written {
  readonly result: 'done' | 'refused' | 'unknown';
  readonly urgency: 'durable' | Urgency | null;
}

/** The steps on objects that the shard holds. */
export interface ObjectSteps {
  read(key: string): HeldObject | null;
  get(key: string): StoredObject | null;
  put(step: Put): Written;
  delete(step: Delete): Written;
}

/** Larger bodies are stored at once, and not in the journal first. */
const MOST_JOURNAL_BYTES = 32 * 1024;

export function createObjectSteps(memory: HotMemory, table: ObjectTable): ObjectSteps {
  function read(key: string): HeldObject | null {
    const hot = memory.objects.get(key);
    return hot === undefined ? table.read(key) : hot.stored;
  }

  return {
    read,

    get(key) {
      const found = read(key);
      return found === null ? null : { body: found.body.slice(), version: found.version };
    },

    put(step) {
      const { key, version, label, precondition, durability } = step;
      const found = read(key);
      if (step.isRepeated && found?.version === version) {
        // The first try did it, and may not have been stored.
        return { result: 'done', urgency: durability === 'lazy' ? null : 'durable' };
      }
      if (!allows(precondition, found?.version ?? null)) {
        return { result: refusalOf(step, found), urgency: null };
      }
      const item = memory.objectOf(key);
      const over = replacedVersion(precondition);
      item.stored = { version, over, label, body: new Uint8Array(step.body) };
      if (step.body.byteLength > MOST_JOURNAL_BYTES) {
        memory.writeThrough(item);
        // Earlier changes of other keys must not be lost where this one is not.
        return { result: 'done', urgency: durability };
      }
      memory.changed(item, durability === 'lazy' ? 'lazy' : 'ordered');
      return { result: 'done', urgency: durability };
    },

    delete({ key, precondition, durability, isRepeated }) {
      const found = read(key);
      if (found === null) {
        const isDone = isRepeated || allows(precondition, null);
        return { result: isDone ? 'done' : 'refused', urgency: isDone ? durability : null };
      }
      if (!allows(precondition, found.version)) return { result: 'refused', urgency: null };
      const item = memory.objectOf(key);
      item.stored = null;
      memory.changed(item, durability === 'lazy' ? 'lazy' : 'ordered');
      return { result: 'done', urgency: durability };
    },
  };
}

/**
 * Whether a repeated put did nothing at its first try: what is stored has replaced the same version. Else another write may
 * have replaced it.
 */
function refusalOf({ isRepeated, precondition }: Put, found: HeldObject | null): Written['result'] {
  if (!isRepeated || found?.over === replacedVersion(precondition)) return 'refused';
  return 'unknown';
}
