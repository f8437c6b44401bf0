import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { SheetUpdate } from '../../lib/checkpoint/sheet-update.ts';
import { jobKey } from '../../lib/keys/job-id.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import { ABSENT, type ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';

const SHEETS = 10_000;
const JOB = { jobId: 'job-1', key: jobKey('job-1') };
const UNGUARDED = { precondition: { kind: 'none' }, token: null } as const;
const STARTED = SheetUpdate.parse({ status: 'in_progress' });
const COMPLETED = SheetUpdate.parse({ status: 'completed' });
/** About 20 ms of work. */
const CHARACTERS_PER_TURN = 1_500_000;

afterEach(() => {
  vi.restoreAllMocks();
});

const STARTED_AT = '2026-01-02T03:04:05.678901Z';

function stateOf(sheets: object) {
  const total_sheets = SHEETS + 1;
  const times = { created_at: STARTED_AT, started_at: STARTED_AT };
  return { job_id: JOB.jobId, job_name: 'J', total_sheets, status: 'running', ...times, sheets };
}

function openJobs(store: ObjectStore) {
  const memory = createProcessMemory({ cacheBytes: 64 * 1024 * 1024 });
  return createRepository({ store, clock: systemClock, random: systemRandom, memory });
}

/** A job of which nothing is in memory. */
async function openJob() {
  const store = createMemoryStore();
  const sheets = Array.from({ length: SHEETS }, (_, at) => [at + 1, { sheet_num: at + 1 }]);
  const state = stateOf(Object.fromEntries(sheets));
  await store.put(JOB.key, new TextEncoder().encode(JSON.stringify(state)), ABSENT);
  const { jobs } = openJobs(store);
  return { update: (sheet: number) => jobs.update(JOB, sheet, { update: STARTED, ...UNGUARDED }) };
}

/** How many characters a task gives the engine to parse, and gets written: between two turns at most, and in all. */
async function charactersOf(task: () => Promise<unknown>) {
  const { parse, stringify } = JSON;
  let inTurn = 0;
  let most = 0;
  let all = 0;
  let isOver = false;
  function count(characters: number): void {
    inTurn += characters;
    all += characters;
    most = Math.max(most, inTurn);
  }
  vi.spyOn(JSON, 'parse').mockImplementation((text, reviver) => {
    count(text.length);
    return parse(text, reviver);
  });
  vi.spyOn(JSON, 'stringify').mockImplementation((value: unknown, _, space) => {
    const text = stringify(value, null, space);
    count(text.length);
    return text;
  });
  function turn(): void {
    inTurn = 0;
    if (!isOver) setImmediate(turn);
  }
  setImmediate(turn);
  await task();
  isOver = true;
  return { most, all };
}

describe('an update of a job that a client has saved', () => {
  it('parses and encodes only the sheet that it changes', async () => {
    const { jobs } = openJobs(createMemoryStore());
    const sheets = Array.from({ length: 100 }, (_, at) => {
      const status = at < 90 ? 'completed' : 'pending';
      return [at + 1, { sheet_num: at + 1, status, completed_at: STARTED_AT }];
    });
    const job = { ...stateOf(Object.fromEntries(sheets)), total_sheets: 100 };
    for (const job_name of ['one', 'two']) {
      const body = new TextEncoder().encode(JSON.stringify({ ...job, job_name }));
      expect((await jobs.save(JOB, body, UNGUARDED)).ok).toBe(true);
    }
    const { all } = await charactersOf(async () => {
      expect((await jobs.update(JOB, 91, { update: COMPLETED, ...UNGUARDED })).ok).toBe(true);
    });
    expect(all).toBeLessThan(20_000);
  });
});

describe('an update in a job of 10,000 sheets', () => {
  it('lets the event loop run while it parses and encodes them, and later encodes only what it changes', async () => {
    const { update } = await openJob();
    const first = await charactersOf(() => update(1));
    expect(first.all).toBeGreaterThan(10 * CHARACTERS_PER_TURN);
    expect(first.most).toBeLessThan(CHARACTERS_PER_TURN);
    vi.restoreAllMocks();
    const second = await charactersOf(() => update(2));
    expect(second.all).toBeLessThan(20_000);
  });
});
