import { describe, expect, it } from 'vitest';
import { createPace } from '../../lib/storage/commit/pace.ts';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { aProblem } from '../support/problem.ts';
import { settled } from '../support/settling/under-way.ts';
import { aState } from '../support/state.ts';
import { withSeparatePuts } from '../support/steps/separate-puts.ts';
import { COMPLETED, codesOf, groupedJob, STARTED } from './grouped-job.ts';

const EVERY_MS = 1_000;
const LONGEST_MS = 10_000;

/** Pauses that end as the clock of the test moves on. */
function pausesBy(clock: MovableClock) {
  const pauses: { readonly dueMs: number; readonly end: () => void }[] = [];
  return {
    pause: (milliseconds: number) =>
      new Promise<void>(resolve => {
        pauses.push({ dueMs: clock.millis() + milliseconds, end: resolve });
      }),
    async pass(milliseconds: number): Promise<void> {
      clock.advance(milliseconds);
      const due = pauses.filter(({ dueMs }) => dueMs <= clock.millis());
      for (const over of due) {
        pauses.splice(pauses.indexOf(over), 1);
        over.end();
      }
      await settled();
    },
  };
}

/** A store that refuses a second put of a job within a second, as R2 does. */
function limitedStore(inner: ObjectStore, clock: MovableClock) {
  const writtenAt: number[] = [];
  let refused = 0;
  const store: ObjectStore = {
    ...withSeparatePuts(inner),
    async put(key, body, precondition, label) {
      if (!key.startsWith('jobs/')) return inner.put(key, body, precondition, label);
      const last = writtenAt.at(-1) ?? Number.NEGATIVE_INFINITY;
      if (clock.millis() - last < EVERY_MS) {
        refused += 1;
        throw new StoreError(
          'put: Reduce your rate of concurrent requests for one object. (10058)',
        );
      }
      writtenAt.push(clock.millis());
      return inner.put(key, body, precondition, label);
    },
  };
  return { store, writes: () => writtenAt.length, refused: () => refused };
}

function paced() {
  const clock = frozenClock();
  const timer = pausesBy(clock);
  const limited = limitedStore(createMemoryStore(), clock);
  const { pause } = timer;
  return {
    clock,
    timer,
    limited,
    pace: createPace({ clock, pause, everyMs: EVERY_MS, longestMs: LONGEST_MS }),
  };
}

async function openPaced(sheets: number) {
  const { clock, timer, limited, pace } = paced();
  // The create and the grant are each a write.
  const opening = groupedJob(limited.store, { sheets, clock, pace });
  for (let step = 0; step < 4; step += 1) await timer.pass(EVERY_MS);
  return { clock, timer, limited, job: await opening };
}

describe('createPace()', () => {
  it('lets the first write of a key pass at once, and the next one after the rest of the time', async () => {
    const clock = frozenClock();
    const waits: number[] = [];
    const pause = async (milliseconds: number) => void waits.push(milliseconds);
    const pace = createPace({ clock, pause, everyMs: 1_000, longestMs: 10_000 });
    expect(pace.wait('jobs/a.json')).toBeNull();
    pace.wrote('jobs/a.json');
    clock.advance(400);
    await pace.wait('jobs/a.json');
    expect(pace.wait('jobs/b.json')).toBeNull();
    clock.advance(600);
    expect(pace.wait('jobs/a.json')).toBeNull();
    expect(waits).toEqual([600]);
  });

  it('waits no longer than the whole time where the clock was set back', async () => {
    const clock = frozenClock();
    const waits: number[] = [];
    const pause = async (milliseconds: number) => void waits.push(milliseconds);
    const pace = createPace({ clock, pause, everyMs: 1_000, longestMs: 10_000 });
    pace.wrote('jobs/a.json');
    clock.advance(-3_600_000);
    await pace.wait('jobs/a.json');
    expect(waits).toEqual([1_000]);
  });
});

describe('updates of a job whose store takes one write a second', () => {
  it('fifty a second are all acknowledged, and the store refuses no write', async () => {
    const { clock, timer, limited, job } = await openPaced(401);
    const waits: number[] = [];
    const before = limited.writes();
    for (let index = 1; index <= 400; index += 1) {
      const sentMs = clock.millis();
      const send = async () => {
        const updated = await job.update(index, COMPLETED);
        waits.push(updated.ok ? clock.millis() - sentMs : Number.POSITIVE_INFINITY);
      };
      void send();
      await timer.pass(20);
    }
    for (let step = 0; step < 100; step += 1) await timer.pass(20);
    expect(waits).toHaveLength(400);
    expect(Math.max(...waits)).toBeLessThanOrEqual(EVERY_MS + 20);
    expect(limited.refused()).toBe(0);
    expect(limited.writes() - before).toBeLessThanOrEqual(10);
    expect((await job.stored()).sheets['400']?.status).toBe('completed');
  });

  it('collect while the second passes, and are decided on what is stored then', async () => {
    const { timer, limited, job } = await openPaced(5);
    await job.update(1, COMPLETED);
    const before = limited.writes();
    const late = [job.update(2, STARTED)];
    await timer.pass(300);
    late.push(job.update(3, COMPLETED), job.update(99, COMPLETED), job.update(2, COMPLETED));
    expect(limited.writes()).toBe(before);
    await timer.pass(700);
    expect(codesOf(await Promise.all(late))).toEqual(['ok', 'ok', 'invalid', 'ok']);
    expect(limited.writes()).toBe(before + 1);
  });

  it('that change nothing are answered at once', async () => {
    const { job } = await openPaced(5);
    await job.update(1, COMPLETED);
    const answers = await Promise.all([job.update(1, COMPLETED), job.update(99, COMPLETED)]);
    expect(codesOf(answers)).toEqual(['ok', 'invalid']);
  });

  it('are refused where they waited for ten seconds, and nothing of them is stored', async () => {
    const { clock, timer, limited, pace } = paced();
    const app = openApp({ store: limited.store, clock, pace });
    await app.create();
    // Each is answered with the whole state, so each is a write of its own.
    const saves = numbers(30).map(nth =>
      app.ask('PUT', '/v1/jobs/job-1', {
        json: aState({ job_name: `name ${nth}` }),
        headers: { 'If-Match': '*' },
      }),
    );
    for (let step = 0; step < 40; step += 1) await timer.pass(EVERY_MS);
    const answers = await Promise.all(saves);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter(status => status === 200)).toHaveLength(11);
    expect(limited.writes()).toBe(1 + 11);
    expect(answers.at(-1)).toMatchObject(aProblem({ status: 503, code: 'store_unavailable' }));
    expect(answers.at(-1)?.header('retry-after')).toBe('1');
    expect((await app.ask('GET', '/v1/jobs/job-1')).json).toMatchObject({ job_name: 'name 11' });
  });
});

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
