import { describe, expect, it } from 'vitest';
import { PROBE_EVERY, SLOW_MS } from '../../../lib/stores/file/pace.ts';
import { createPacedCreation } from '../../../lib/stores/file/temporaries/paced-creation.ts';

/** Creations that take a given time in the thread that makes them. */
function openCreation() {
  let clockMs = 0;
  const disk = { tookMs: 0.02 };
  const created = { now: 0, behind: 0 };
  const create = createPacedCreation({
    createNow: () => {
      clockMs += disk.tookMs;
      created.now += 1;
      return 7;
    },
    createBehind: async () => {
      created.behind += 1;
      return 8;
    },
    now: () => clockMs,
  });
  /** How many were created by which thread. */
  const times = async (count: number) => {
    Object.assign(created, { now: 0, behind: 0 });
    const fds = new Set<number>();
    for (let index = 0; index < count; index += 1) fds.add(await create('path', 0o600));
    return { ...created, fds };
  };
  return { disk, times };
}

describe('createPacedCreation()', () => {
  it('creates in this thread while that is fast', async () => {
    const { times } = openCreation();
    expect(await times(1_000)).toEqual({ now: 1_000, behind: 0, fds: new Set([7]) });
  });

  it('creates in the thread pool when it has been slow for a while, but for a few', async () => {
    const { disk, times } = openCreation();
    await times(100);
    disk.tookMs = 3 * SLOW_MS;
    expect((await times(10)).now).toBeLessThan(5);
    const rounds = 20;
    expect(await times(rounds * PROBE_EVERY)).toEqual({
      now: rounds,
      behind: rounds * (PROBE_EVERY - 1),
      fds: new Set([7, 8]),
    });
  });

  it('creates in this thread again when it is fast again', async () => {
    const { disk, times } = openCreation();
    disk.tookMs = 10 * SLOW_MS;
    await times(1_000);
    disk.tookMs = 0.02;
    await times(15 * PROBE_EVERY);
    expect(await times(100)).toMatchObject({ now: 100, behind: 0 });
  });

  it('takes one long pause for no slow disk', async () => {
    const { disk, times } = openCreation();
    await times(100);
    disk.tookMs = 1_000;
    await times(1);
    disk.tookMs = 0.02;
    expect(await times(100)).toMatchObject({ now: 100, behind: 0 });
  });

  it('passes errors of both on', async () => {
    const failing = createPacedCreation({
      createNow: () => {
        throw new Error('now');
      },
      createBehind: async () => 1,
      now: () => 0,
    });
    expect(() => failing('path', 0o600)).toThrow('now');
    let clockMs = 0;
    const slow = createPacedCreation({
      createNow: () => {
        clockMs += 1;
        return 1;
      },
      createBehind: () => Promise.reject(new Error('behind')),
      now: () => clockMs,
    });
    void slow('path', 0o600);
    void slow('path', 0o600);
    void slow('path', 0o600);
    await expect(slow('path', 0o600)).rejects.toThrow('behind');
  });
});
