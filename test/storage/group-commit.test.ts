import { describe, expect, it, vi } from 'vitest';
import { yieldToEventLoop } from '../../lib/base/event-loop-turn.ts';
import { type ObjectStore, type StoredObject, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { dyingStore } from '../support/steps/dying-store.ts';
import { withSeparatePuts } from '../support/steps/separate-puts.ts';
import { gatedStore } from './gated-store.ts';
import {
  answersOf,
  COMPLETED,
  codesOf,
  groupedJob,
  onJob,
  STARTED,
  TARGET,
} from './grouped-job.ts';

/**
 * A known job that is written without a read is decided at once, for the first change alone. That one is measured then, before the others
 * come.
 */
const DECIDED_ALONE = createMemoryStore().refusesCheaply === true ? 1 : 0;

async function openGroup(options: Parameters<typeof groupedJob>[1]) {
  const inner = withSeparatePuts(createMemoryStore());
  const gate = gatedStore(inner);
  const job = await groupedJob(gate.store, options);
  const before = gate.puts();
  return { inner, gate, job, saves: () => gate.puts() - before };
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

describe('updates of one job at one moment', () => {
  it('are written by one save, and each is answered from its own state', async () => {
    const { job, saves } = await openGroup({ sheets: 10 });
    const answers = answersOf(
      await Promise.all(numbers(9).map(sheet => job.update(sheet, COMPLETED))),
    );
    expect(saves()).toBe(1);
    expect(answers.map(({ progress }) => progress)).toEqual(numbers(9).map(done => [done, 10]));
    expect(answers.map(({ next_sheet }) => next_sheet)).toEqual(numbers(9).map(done => done + 1));
    expect(new Set(answers.map(({ version }) => version))).toEqual(
      new Set([await job.app.store.head(TARGET.key)]),
    );
  });

  it('encode the last state alone, once', async () => {
    const { job } = await openGroup({ sheets: 40 });
    await job.update(1, COMPLETED);
    await job.update(2, STARTED);
    // From the second write of its sheets on the text of a state is put together by these calls.
    const encodings = vi.spyOn(TextEncoder.prototype, 'encodeInto');
    await job.update(2, COMPLETED);
    const alone = encodings.mock.calls.length;
    await Promise.all(numbers(30).map(sheet => job.update(sheet + 2, COMPLETED)));
    expect(alone).toBeGreaterThan(0);
    expect(encodings.mock.calls.length).toBe((2 + DECIDED_ALONE) * alone);
  });

  it('each have a later time, though the clock stands still', async () => {
    const { job } = await openGroup({ sheets: 5 });
    await Promise.all(numbers(4).map(sheet => job.update(sheet, COMPLETED)));
    const { sheets, updated_at } = await job.stored();
    const times = numbers(4).map(sheet => sheets[sheet]?.completed_at ?? '');
    expect(times).toEqual(times.toSorted());
    expect(new Set(times).size).toBe(4);
    expect(updated_at).toBe(times.at(-1));
  });

  it('are decided in order: a sheet is started, fails, and is started again', async () => {
    const { job, saves } = await openGroup({ sheets: 2 });
    const calls = [STARTED, { status: 'failed', error_message: 'No' }, STARTED, COMPLETED];
    const answers = answersOf(await Promise.all(calls.map(call => job.update(1, call))));
    expect(answers.map(({ attempt }) => attempt)).toEqual([1, 1, 2, 2]);
    expect(answers.map(({ progress }) => progress[0])).toEqual([0, 0, 0, 1]);
    expect(saves()).toBe(1);
  });

  it('are refused one by one', async () => {
    const { job, saves } = await openGroup({ sheets: 3 });
    const results = await Promise.all([
      job.update(1, COMPLETED),
      job.update(99, COMPLETED),
      job.update(2, { ...STARTED, attempt: 7 }),
      job.update(2, COMPLETED),
    ]);
    expect(codesOf(results)).toEqual(['ok', 'invalid', 'invalid', 'ok']);
    expect(saves()).toBe(1);
    expect((await job.stored()).sheets['2']?.status).toBe('completed');
  });

  it('are repeated within the group, and the repetition has the same answer', async () => {
    const { job, saves } = await openGroup({ sheets: 3 });
    const [first, again] = answersOf(
      await Promise.all([job.update(1, COMPLETED), job.update(1, COMPLETED)]),
    );
    expect(again).toEqual(first);
    expect(saves()).toBe(1);
  });

  it('that wait for a save of the job are written by the next one', async () => {
    const { job, gate, saves } = await openGroup({ sheets: 6 });
    const behind: Promise<unknown>[] = [];
    gate.beforePut(async () => {
      behind.push(...numbers(4).map(sheet => job.update(sheet + 1, COMPLETED)));
    });
    await job.update(1, COMPLETED);
    expect(behind).toHaveLength(4);
    await Promise.all(behind);
    expect(saves()).toBe(2);
  });

  it('are at most a hundred to a save', async () => {
    const { job, saves } = await openGroup({ sheets: 300 });
    const answers = answersOf(
      await Promise.all(numbers(250).map(sheet => job.update(sheet, COMPLETED))),
    );
    expect(answers.map(({ progress }) => progress[0])).toEqual(numbers(250));
    expect(saves()).toBe(3);
  });

  it('do not delay those of another job', async () => {
    const { job, gate } = await openGroup({ sheets: 3 });
    await job.app.create({ job_id: 'job-2', total_sheets: 3 });
    let isReleased = false;
    gate.beforePut(async () => {
      const other = { key: 'jobs/job-2.json', jobId: 'job-2' };
      const update = { status: 'in_progress', error_message: null } as const;
      const options = { update, token: null, precondition: { kind: 'none' } } as const;
      expect((await job.app.repository.jobs.update(other, 1, options)).ok).toBe(true);
      isReleased = true;
    });
    await Promise.all([job.update(1, COMPLETED), job.update(2, COMPLETED)]);
    expect(isReleased).toBe(true);
  });
});

describe('a group with the last update of a lease', () => {
  it('completes the job, frees the lease, and refuses what comes behind it', async () => {
    const { job, inner, saves } = await openGroup({ sheets: 2 });
    const results = await Promise.all([
      job.update(1, COMPLETED),
      job.update(2, COMPLETED),
      job.update(1, STARTED),
    ]);
    expect(codesOf(results)).toEqual(['ok', 'ok', 'lease_lost']);
    expect(saves()).toBe(1);
    expect(await job.stored()).toMatchObject({ status: 'completed', dalsegno: { lease: null } });
    expect(await inner.head(job.token.leaseKey)).toBeNull();
  });

  it('answers those behind it when the lease is removed', async () => {
    const inner = createMemoryStore();
    const store: ObjectStore = {
      ...inner,
      async delete(key, precondition) {
        for (let turn = 0; turn < 10; turn += 1) await yieldToEventLoop();
        return inner.delete(key, precondition);
      },
    };
    const job = await groupedJob(store, { sheets: 1 });
    const [last, leftWhenRefused] = await Promise.all([
      job.update(1, COMPLETED),
      job.update(1, STARTED).then(() => inner.head(job.token.leaseKey)),
    ]);
    expect(last.ok).toBe(true);
    expect(leftWhenRefused).toBeNull();
  });

  it('answers a repetition of the last update as the update itself', async () => {
    const { job } = await openGroup({ sheets: 2 });
    const [, last, again] = answersOf(
      await Promise.all([
        job.update(1, COMPLETED),
        job.update(2, COMPLETED),
        job.update(2, COMPLETED),
      ]),
    );
    expect(again).toEqual(last);
  });
});

describe('a version that an update requires', () => {
  it('is not met once an earlier update of the group has changed the job', async () => {
    const { job, saves } = await openGroup({ sheets: 4 });
    const versions = [String(await job.app.store.head(TARGET.key))];
    const results = await Promise.all([
      job.update(1, COMPLETED),
      job.update(2, COMPLETED, { kind: 'versions', versions }),
      job.update(3, COMPLETED, { kind: 'any' }),
    ]);
    expect(codesOf(results)).toEqual(['ok', 'version_conflict', 'ok']);
    const current = await job.app.store.head(TARGET.key);
    expect(results[1]).toMatchObject({ failure: { current } });
    expect(saves()).toBe(1);
  });

  it('is followed by one that holds that update alone', async () => {
    const { job, saves } = await openGroup({ sheets: 4 });
    const versions = [String(await job.app.store.head(TARGET.key))];
    const [first, second] = answersOf(
      await Promise.all([
        job.update(1, COMPLETED, { kind: 'versions', versions }),
        job.update(2, COMPLETED),
      ]),
    );
    expect(saves()).toBe(2);
    expect(first?.version).not.toBe(second?.version);
  });
});

describe('a store that fails', () => {
  it('fails the updates that depend on the save, and no refusal of what is stored', async () => {
    const { job, gate } = await openGroup({ sheets: 4 });
    gate.failPut('before');
    const results = await Promise.allSettled([
      job.update(99, COMPLETED),
      job.update(1, COMPLETED),
      job.update(98, COMPLETED),
      job.update(2, COMPLETED),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
    ]);
    for (const failed of results.slice(1)) {
      expect(failed).toMatchObject({ reason: expect.any(StoreError) });
    }
    expect(
      codesOf(await Promise.all([job.update(1, COMPLETED), job.update(2, COMPLETED)])),
    ).toEqual(['ok', 'ok']);
  });

  it('fails none if only its answer was lost', async () => {
    const { job, gate } = await openGroup({ sheets: 4 });
    gate.failPut('after');
    const answers = answersOf(
      await Promise.all([job.update(1, COMPLETED), job.update(2, COMPLETED)]),
    );
    expect(answers.map(({ progress }) => progress[0])).toEqual([1, 2]);
  });

  it('fails those alone that wait for it', async () => {
    const { job, gate } = await openGroup({ sheets: 4 });
    gate.failPut('before');
    const behind: Promise<unknown>[] = [];
    gate.beforePut(async () => {
      behind.push(job.update(2, COMPLETED));
    });
    await expect(job.update(1, COMPLETED)).rejects.toThrow(StoreError);
    expect(await behind[0]).toMatchObject({ ok: true });
  });
});

describe('another process that is faster', () => {
  it('makes the group decide again on what it has written', async () => {
    const { job, gate, inner, saves } = await openGroup({ sheets: 5 });
    const other = onJob(openApp({ store: inner, clock: frozenClock(), seed: 9 }), inner, job.token);
    gate.beforePut(() => other.update(1, COMPLETED));
    const answers = answersOf(
      await Promise.all([
        job.update(1, COMPLETED),
        job.update(2, COMPLETED),
        job.update(3, COMPLETED),
      ]),
    );
    expect(answers.map(({ progress }) => progress[0])).toEqual([1, 2, 3]);
    expect(saves()).toBe(2);
  });

  it('is seen by an update that came after it, though an earlier read of the group did not see it', async () => {
    const { job, gate, inner } = await openGroup({ sheets: 5 });
    await job.update(1, COMPLETED);
    const other = onJob(openApp({ store: inner, clock: frozenClock(), seed: 9 }), inner, job.token);
    const behind: Promise<unknown>[] = [];
    gate.afterHead(async () => {
      await other.update(1, { ...STARTED, attempt: 1 });
      behind.push(job.update(1, { ...COMPLETED, attempt: 1 }));
    });
    expect(codesOf([await job.update(99, COMPLETED)])).toEqual(['invalid']);
    expect(await behind[0]).toMatchObject({ ok: true, value: { attempt: 1 } });
  });

  it('makes it refuse what that process has ended', async () => {
    const { job, gate, inner } = await openGroup({ sheets: 5 });
    const other = openApp({ store: inner, clock: frozenClock(), seed: 9 });
    gate.beforePut(() => other.ask('POST', '/v1/jobs/job-1/cancel?force=true'));
    const results = await Promise.all([job.update(1, COMPLETED), job.update(2, COMPLETED)]);
    expect(codesOf(results)).toEqual(['lease_lost', 'lease_lost']);
    expect((await job.stored()).status).toBe('cancelled');
  });
});

describe('the limit of a state', () => {
  it('refuses the update that exceeds it, and none beside it', async () => {
    const limits = { sheets: 10, bytes: 14_000 };
    const { job, saves } = await openGroup({ sheets: 8, limits });
    const long = { ...COMPLETED, stdout: 'x'.repeat(5_000) };
    const results = await Promise.all([
      job.update(1, long),
      job.update(2, long),
      job.update(3, COMPLETED),
      job.update(4, COMPLETED),
    ]);
    expect(codesOf(results)).toEqual(['ok', 'state_too_large', 'ok', 'ok']);
    expect(results[1]).toMatchObject({ failure: { unit: 'bytes', limit: 14_000 } });
    expect(saves()).toBe(1);
  });

  it('counts the very bytes near the limit: what fits alone fits in a group', async () => {
    const sheets = 6;
    const free = await openGroup({ sheets });
    for (const sheet of numbers(5)) await free.job.update(sheet, COMPLETED);
    const bytes = bytesWithoutHistory(await free.inner.get(TARGET.key));
    const fits = await openGroup({ sheets, limits: { sheets, bytes } });
    const updates = numbers(5).map(sheet => fits.job.update(sheet, COMPLETED));
    expect(codesOf(await Promise.all(updates))).toEqual(numbers(5).map(() => 'ok'));
    const tight = await openGroup({ sheets, limits: { sheets, bytes: bytes - 1 } });
    const refused = numbers(5).map(sheet => tight.job.update(sheet, COMPLETED));
    expect(codesOf(await Promise.all(refused)).at(-1)).toBe('state_too_large');
  });
});

describe('a process that dies within a group', () => {
  it.each([0, 1, 2, 3])('at step %i has answered nothing that is not stored', async step => {
    const inner = createMemoryStore();
    const alive = await groupedJob(inner, { sheets: 3 });
    const dying = dyingStore(inner, step);
    const app = openApp({ store: dying.store, clock: frozenClock(), seed: 9 });
    const job = onJob(app, inner, alive.token);
    const results = await Promise.allSettled(numbers(3).map(sheet => job.update(sheet, COMPLETED)));
    const answered = results.filter(({ status }) => status === 'fulfilled').length;
    const { sheets } = await job.stored();
    const stored = Object.values(sheets).filter(({ status }) => status === 'completed').length;
    expect(answered).toBeLessThanOrEqual(stored);
    // All of a group are stored, or none.
    expect([0, 3]).toContain(stored);
  });
});

/** What the limit counts of a stored state: all but its history. */
function bytesWithoutHistory(object: StoredObject | null): number {
  const text = new TextDecoder().decode(object?.body);
  return text.replace(/,\n {4}"history": \[.*\n {4}\]/s, '').length;
}
