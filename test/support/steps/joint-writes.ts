import { LEASE_ID_END, LEASE_KEYS } from '../../../lib/lease/lease.ts';
import {
  allows,
  type JointVersions,
  type JointWrite,
  type ObjectStore,
  UNCONDITIONAL,
  type Version,
} from '../../../lib/store.ts';

/** The same store, which makes several writes in one step that no other write comes between, and refuses cheaply, and a second lease with one id. */
export function withJointWrites(
  inner: ObjectStore,
): ObjectStore & Required<Pick<ObjectStore, 'putWith'>> {
  const receipts = new Map<string, string[]>();
  let last: Promise<unknown> = Promise.resolve();

  /** Writes one after the other. */
  function alone<T>(task: () => Promise<T>): Promise<T> {
    const done = last.then(task);
    last = done.catch(() => undefined);
    return done;
  }

  async function isAllowed({
    kind,
    key,
    precondition,
  }: Pick<JointWrite, 'kind' | 'key' | 'precondition'>) {
    const current = await inner.head(key);
    return (
      allows(precondition, current) && !(kind === 'put' && current === null && (await hasTwin(key)))
    );
  }

  /** Whether another lease has the id of this one. */
  async function hasTwin(key: string): Promise<boolean> {
    if (!key.startsWith(LEASE_KEYS)) return false;
    for await (const other of inner.list(LEASE_KEYS)) {
      if (other.key !== key && idIn(other.key) === idIn(key)) return true;
    }
    return false;
  }

  async function carryOut(write: JointWrite): Promise<Version | null> {
    const { key } = write;
    if (write.kind === 'put') return inner.put(key, write.body, UNCONDITIONAL, write.label);
    const { receipt } = write;
    const wasThere = (await inner.head(key)) !== null;
    if (wasThere && receipt !== undefined)
      receipts.set(key, [...(receipts.get(key) ?? []), receipt]);
    await inner.delete(key, UNCONDITIONAL);
    return null;
  }

  return {
    ...inner,
    refusesCheaply: true,
    put: (...call) =>
      alone(async () => {
        const [key, , precondition] = call;
        return (await isAllowed({ kind: 'put', key, precondition })) ? inner.put(...call) : null;
      }),
    delete: (...call) => alone(() => inner.delete(...call)),
    putWith: (key, put, others) =>
      alone(async (): Promise<JointVersions | null> => {
        const writes: readonly JointWrite[] = [{ kind: 'put', key, ...put }, ...others];
        const allowed = await Promise.all(writes.map(isAllowed));
        if (allowed.includes(false)) return null;
        const [version = null, ...versions] = await Promise.all(writes.map(carryOut));
        return version === null ? null : { version, others: versions };
      }),
    receiptsOf: async key => receipts.get(key) ?? [],
  };
}

function idIn(key: string): string {
  return key.slice(-LEASE_ID_END);
}
