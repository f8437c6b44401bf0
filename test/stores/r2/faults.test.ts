import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import {
  ABSENT,
  atVersion,
  type ObjectStore,
  StoreError,
  UNCONDITIONAL,
  type Version,
} from '../../../lib/store.ts';
import { createR2Store } from '../../../lib/stores/r2.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { collect, write } from '../../conformance/write.ts';
import { openEmulation } from '../emulation.ts';

const KEY = 'jobs/a.json';
const TOO_MANY = new Error('put: Reduce your concurrent request rate for the same object. (10058)');
const INTERNAL = new Error('put: We encountered an internal error. Please try again. (10001)');
const TOO_LARGE = new Error('put: Your metadata headers exceed the maximum allowed size. (10012)');
const BROKEN = new Error('Network connection lost.');

const emulation = await openEmulation();
const rival = createR2Store({ bucket: emulation.bucket });

afterEach(async () => {
  vi.useRealTimers();
  await emulation.clear();
});

afterAll(() => emulation.stop());

describe('operations that the bucket refuses', () => {
  it('put() is retried when the key was written too often', async () => {
    const { store, pauses } = storeWith({ put: [refused(TOO_MANY), refused(TOO_MANY)] });
    expect(await store.put(KEY, bodyOf('one'), ABSENT)).not.toBeNull();
    expect(textOf((await rival.get(KEY))?.body)).toBe('one');
    expect(pauses).toEqual([200, 400]);
  });

  it.each(['get', 'head', 'delete', 'list'] as const)('%s() is retried', async method => {
    await write(rival, KEY, 'one');
    const { store } = storeWith({ [method]: [refused(BROKEN), refused(INTERNAL)] });
    expect(textOf((await store.get(KEY))?.body)).toBe('one');
    expect(await store.head(KEY)).not.toBeNull();
    expect(await collect(store.list('jobs/'))).toHaveLength(1);
    expect(await store.delete(KEY, UNCONDITIONAL)).toBe(true);
  });

  it('put() returns null when a try was refused and a rival was faster', async () => {
    const first = await write(rival, KEY, 'one');
    const { store } = storeWith({
      put: [after(() => write(rival, KEY, 'two'), TOO_MANY)],
    });
    expect(await store.put(KEY, bodyOf('six'), atVersion(first))).toBeNull();
  });

  it('put() fails immediately, with its cause, when another try would not help', async () => {
    const { store, pauses } = storeWith({ put: [refused(TOO_LARGE)] });
    const error = await failure(store.put(KEY, bodyOf('one'), UNCONDITIONAL));
    expect(error.cause).toBe(TOO_LARGE);
    expect(error.message).toBe(`Cannot write "r2:${KEY}": ${TOO_LARGE.message}`);
    expect(pauses).toEqual([]);
  });

  it('put() fails, with its cause, when the pauses reach ten seconds', async () => {
    const { store, pauses } = storeWith({
      put: Array.from({ length: 99 }, () => refused(TOO_MANY)),
    });
    expect((await failure(store.put(KEY, bodyOf('one'), ABSENT))).cause).toBe(TOO_MANY);
    expect(pauses).toEqual([200, 400, 800, 1_600, 3_000, 3_000]);
  });

  it('head() fails after a number of tries when random pauses are zero', async () => {
    const { store, pauses } = storeWith(
      { head: Array.from({ length: 99 }, () => refused(BROKEN)) },
      () => 0,
    );
    await failure(store.head(KEY));
    expect(pauses).toEqual(Array.from({ length: 12 }, () => 0));
  });

  it('head() fails when the tries themselves take ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const { store, pauses } = storeWith({
      head: Array.from({ length: 99 }, () => async () => {
        vi.advanceTimersByTime(6_000);
        throw BROKEN;
      }),
    });
    await failure(store.head(KEY));
    expect(pauses).toEqual([200]);
  });
});

describe('lost answers', () => {
  it('put() returns the version when the lost try succeeded', async () => {
    const first = await write(rival, KEY, 'one');
    const { store } = storeWith({ put: [lost] });
    const version = await store.put(KEY, bodyOf('two'), atVersion(first), 'label');
    expect(version).toBe(await rival.head(KEY));
    expect(textOf((await rival.get(KEY))?.body)).toBe('two');
  });

  it('put() returns the version when the lost try created the object', async () => {
    const { store } = storeWith({ put: [lost, lost] });
    expect(await store.put(KEY, bodyOf('one'), ABSENT)).toBe(await rival.head(KEY));
  });

  it('put() returns the version when the lost try did not succeed', async () => {
    const first = await write(rival, KEY, 'one');
    const { store } = storeWith({ put: [refused(BROKEN)] });
    const version = await store.put(KEY, bodyOf('two'), atVersion(first));
    expect(version).toBe(await rival.head(KEY));
  });

  it('put() returns null when a rival replaced the version that the lost try had to replace', async () => {
    const first = await write(rival, KEY, 'one');
    const { store } = storeWith({
      put: [after(() => rival.put(KEY, bodyOf('two'), atVersion(first)), BROKEN)],
    });
    expect(await store.put(KEY, bodyOf('six'), atVersion(first))).toBeNull();
    expect(textOf((await rival.get(KEY))?.body)).toBe('two');
  });

  it('put() returns null when a rival wrote the same bytes first', async () => {
    const { store } = storeWith({
      put: [after(() => rival.put(KEY, bodyOf('one'), ABSENT), INTERNAL)],
    });
    expect(await store.put(KEY, bodyOf('one'), ABSENT)).toBeNull();
  });

  it.each<[string, (version: Version | null) => Promise<unknown>]>([
    ['replaced it', version => rival.put(KEY, bodyOf('three'), at(version))],
    ['overwrote it without a condition', () => write(rival, KEY, 'three')],
    ['deleted it', () => rival.delete(KEY, UNCONDITIONAL)],
    ['overwrote it by another program', () => emulation.bucket.put(KEY, bodyOf('alien'), {})],
  ])('put() says that it cannot tell when a rival %s', async (_, follow) => {
    const first = await write(rival, KEY, 'one');
    const { store } = storeWith({
      put: [
        async put => {
          await put();
          await follow(await rival.head(KEY));
          throw BROKEN;
        },
      ],
    });
    const error = await failure(store.put(KEY, bodyOf('two'), atVersion(first)));
    expect(error.message).toContain('does not show whether it succeeded');
  });

  it('put() finds its result also when the head is refused once', async () => {
    const { store } = storeWith({ put: [lost], head: [refused(INTERNAL)] });
    expect(await store.put(KEY, bodyOf('one'), ABSENT)).toBe(await rival.head(KEY));
  });

  it('delete() returns true when the lost try succeeded', async () => {
    await write(rival, KEY, 'one');
    const { store } = storeWith({ delete: [lost] });
    expect(await store.delete(KEY, UNCONDITIONAL)).toBe(true);
  });
});

type Method = 'get' | 'head' | 'put' | 'delete' | 'list';

/** Replaces one call, and may make it. */
type Incident = (call: () => Promise<unknown>) => Promise<never>;

const lost: Incident = async call => {
  await call();
  throw BROKEN;
};

function refused(error: Error): Incident {
  return async () => {
    throw error;
  };
}

function after(task: () => Promise<unknown>, error: Error): Incident {
  return async () => {
    await task();
    throw error;
  };
}

/** A store whose first calls of these methods fail, and how long it paused. */
function storeWith(
  incidents: Partial<Record<Method, Incident[]>>,
  random = () => 1,
): { store: ObjectStore; pauses: number[] } {
  const pauses: number[] = [];
  const { bucket } = emulation;

  async function through<T>(method: Method, call: () => Promise<T>): Promise<T> {
    const incident = incidents[method]?.shift();
    return incident === undefined ? call() : incident(call);
  }

  const store = createR2Store({
    bucket: {
      get: key => through('get', () => bucket.get(key)),
      head: key => through('head', () => bucket.head(key)),
      put: (key, body, options) => through('put', () => bucket.put(key, body, options)),
      delete: key => through('delete', () => bucket.delete(key)),
      list: options => through('list', () => bucket.list(options)),
    },
    random,
    delay: async ms => {
      pauses.push(ms);
    },
  });
  return { store, pauses };
}

function at(version: Version | null) {
  if (version === null) throw new Error('Nothing is stored');
  return atVersion(version);
}

async function failure(promise: Promise<unknown>): Promise<StoreError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StoreError);
  return error as StoreError;
}
