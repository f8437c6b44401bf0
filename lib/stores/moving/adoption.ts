import {
  ABSENT,
  atVersion,
  type ObjectStore,
  type StoredObject,
  StoreError,
  type Version,
} from '../../store.ts';
import { copyOf } from '../parts.ts';
import { isSame, isSealed, withoutSeal, withSeal } from './seal.ts';

/** Takes objects over from one store into another, one at a time. */
export interface Adoption {
  /** The object, which is then in `to` alone, or null. */
  adopt(key: string): Promise<StoredObject | null>;
  /** As `adopt`, and removes what a write into `to` left in `from`. */
  clear(key: string): Promise<void>;
}

export interface AdoptionOptions {
  readonly from: ObjectStore;
  readonly to: ObjectStore;
  /** The label that an object is stored with. */
  readonly labelOf: (key: string, body: Uint8Array) => string | undefined;
}

const MOST_TRIES = 50;

/*
 * One of the two objects of a key decides, at each moment:
 *
 * - `to` has it without the seal: that one.
 * - else `from` has it: that one. 1. It is sealed there: a writer that knows an earlier version is refused from then on.
 *   2. The same bytes go to `to`. 3. It is deleted in `from`, if it is still that version.
 * - else `to` has it with the seal: that one. 4. The seal is removed.
 *
 * Any caller continues what another has begun. A writer that changes the sealed object in `from` wins over the copy, which is then
 * replaced. What is late may bring back an object that was deleted meanwhile, as any late writer could: leases that no
 * job names and hints of jobs that do not wait count for nothing, and a sweep removes them.
 */
export function createAdoption({ from, to, labelOf }: AdoptionOptions): Adoption {
  /** One try. Undefined where another was faster. */
  async function step(key: string): Promise<StoredObject | null | undefined> {
    const there = await to.get(key);
    if (there !== null && !isSealed(there.body)) return there;
    const here = await from.get(key);
    if (here === null) return there === null ? again(key) : unseal(key, there);
    if (here.body.length === 0) return takeEmpty(key, here);
    const sealed = isSealed(here.body) ? here : await seal(key, here);
    if (sealed === null) return undefined;
    const copied = await copy(key, sealed, there);
    if (copied === null) return undefined;
    const isMoved = await from.delete(key, atVersion(sealed.version));
    return isMoved ? unseal(key, { body: sealed.body, version: copied }) : undefined;
  }

  /** It may have been taken over between the two reads. */
  async function again(key: string): Promise<StoredObject | null | undefined> {
    const there = await to.get(key);
    return there !== null && isSealed(there.body) ? undefined : there;
  }

  async function seal(key: string, { body, version }: StoredObject): Promise<StoredObject | null> {
    const parts = withSeal(body);
    const sealed = await from.put(key, parts, atVersion(version), labelOf(key, body));
    if (sealed === null) return null;
    return { body: copyOf(parts), version: sealed };
  }

  /** The sealed object in `to`. Null where another was faster. */
  async function copy(
    key: string,
    { body }: StoredObject,
    there: StoredObject | null,
  ): Promise<Version | null> {
    if (there !== null && isSame(there.body, body)) return there.version;
    const over = there === null ? ABSENT : atVersion(there.version);
    return to.put(key, body, over, labelOf(key, withoutSeal(body)));
  }

  async function unseal(key: string, sealed: StoredObject): Promise<StoredObject | undefined> {
    const body = withoutSeal(sealed.body);
    const version = await to.put(key, body, atVersion(sealed.version), labelOf(key, body));
    return version === null ? undefined : { body, version };
  }

  /** Nothing of it can change, so it needs no seal. */
  async function takeEmpty(
    key: string,
    { body, version }: StoredObject,
  ): Promise<StoredObject | undefined> {
    const taken = await to.put(key, body, ABSENT);
    await from.delete(key, atVersion(version));
    return taken === null ? undefined : { body, version: taken };
  }

  async function adopt(key: string): Promise<StoredObject | null> {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const taken = await step(key);
      if (taken !== undefined) return taken;
    }
    throw new StoreError(`Cannot move "${from.locate(key)}": others keep writing it`);
  }

  return {
    adopt,

    async clear(key) {
      const left = await from.head(key);
      if ((await adopt(key)) !== null && left !== null) await from.delete(key, atVersion(left));
    },
  };
}
