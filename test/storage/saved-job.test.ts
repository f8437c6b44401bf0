import { describe, expect, it, vi } from 'vitest';
import { jobKey } from '../../lib/keys/job-id.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import type { Bytes, ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { frozenClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';

const UNGUARDED = { precondition: { kind: 'none' }, token: null } as const;
const ASK = { holder: 'worker-1', ttlSeconds: 60, key: null, isGone: () => false };
const SHEETS = 100;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** About 200 KB as a client writes it, 350 KB as it is stored. */
function bodyOf(jobId: string, text: string): Bytes {
  const sheets = Array.from({ length: SHEETS }, (_, index) => {
    const stdout_tail = index === 7 ? text : 'x'.repeat(2000);
    return [index + 1, { sheet_num: index + 1, status: 'completed', stdout_tail }];
  });
  const state = { job_id: jobId, job_name: 'n', total_sheets: SHEETS + 1, status: 'running' };
  return encoder.encode(JSON.stringify({ ...state, sheets: Object.fromEntries(sheets) }));
}

/** A service with room for `cacheBytes`, that counts the bodies that it reads. */
function service(cacheBytes: number) {
  const inner = createMemoryStore();
  let reads = 0;
  let heads = 0;
  const store: ObjectStore = {
    ...inner,
    get(key) {
      if (key.startsWith('jobs/')) reads += 1;
      return inner.get(key);
    },
    head(key) {
      if (key.startsWith('jobs/')) heads += 1;
      return inner.head(key);
    },
  };
  const { jobs, leases } = createRepository({
    store,
    clock: frozenClock(),
    random: seededRandom(1),
    memory: createProcessMemory({ cacheBytes }),
  });
  async function save(jobId: string, body: Bytes): Promise<Bytes> {
    const saved = await jobs.save({ jobId, key: jobKey(jobId) }, body, UNGUARDED);
    if (!saved.ok) throw new Error(JSON.stringify(saved.failure));
    return saved.value.body;
  }
  return { save, jobs, leases, inner, reads: () => reads, heads: () => heads };
}

function changed(text: string): string {
  return text.replace('"first"', '"second"');
}

describe('a job that is saved again and again', () => {
  it('takes the bytes of its texts in the cache, so that many are not read again', async () => {
    const { save, reads } = service(8 * 1024 * 1024);
    for (let round = 0; round < 3; round++) {
      for (let job = 0; job < 10; job++) await save(`job-${job}`, bodyOf(`job-${job}`, `${round}`));
    }
    // The first save of a job finds out that it is not stored.
    expect(reads()).toBe(10);
  });

  it('is stored as if its body were the first', async () => {
    const { save, inner } = service(64 * 1024 * 1024);
    const alone = service(1);
    for (const text of ['a', 'b', 'é', 'NaN', 'b']) {
      const answer = await save('job', bodyOf('job', text));
      const expected = await alone.save('job', bodyOf('job', text));
      expect(decoder.decode(answer)).toBe(decoder.decode(expected));
      const stored = await inner.get(jobKey('job'));
      expect(stored && decoder.decode(stored.body)).toBe(decoder.decode(answer));
    }
  });

  it('may be sent as it was read, with a sheet changed', async () => {
    const { save, inner } = service(64 * 1024 * 1024);
    const read = decoder.decode(await save('job', bodyOf('job', 'first')));
    await save('job', encoder.encode(read.replace('"first"', '"second"')));
    const stored = await inner.get(jobKey('job'));
    expect(stored && decoder.decode(stored.body)).toContain('"stdout_tail": "second"');
  });

  it('is read once for a save that the cache had no room for, and only what changed is parsed', async () => {
    const { save, reads, heads } = service(40_000);
    const first = decoder.decode(await save('job', bodyOf('job', 'first')));
    const before = { reads: reads(), heads: heads() };
    const parse = vi.spyOn(JSON, 'parse');
    const second = decoder.decode(await save('job', encoder.encode(changed(first))));
    const parsed = parse.mock.calls.filter(([text]) => text.includes('sheet_num'));
    expect(parsed.length).toBe(1);
    expect({ reads: reads() - before.reads, heads: heads() - before.heads }).toEqual({
      reads: 1,
      heads: 0,
    });
    const known = service(64 * 1024 * 1024);
    await known.save('job', bodyOf('job', 'first'));
    expect(second).toBe(decoder.decode(await known.save('job', encoder.encode(changed(first)))));
    expect(second).toContain('"stdout_tail": "second"');
  });

  it.each([40_000, 64 * 1024 * 1024])(
    'shows no secret of its lease with a cache of %i bytes',
    async cacheBytes => {
      const { save, jobs, leases, inner } = service(cacheBytes);
      const target = { jobId: 'job', key: jobKey('job') };
      await save('job', bodyOf('job', 'first'));
      const acquired = await leases.acquire(target, ASK);
      expect(acquired.ok).toBe(true);
      for (let time = 0; time < 2; time++) {
        const loaded = await jobs.load(target);
        const text = loaded.ok ? decoder.decode(loaded.value.body) : '';
        const stored = await inner.get(target.key);
        const digest = /"token_sha256": "([^"]+)"/.exec(
          stored === null ? '' : decoder.decode(stored.body),
        )?.[1];
        expect(digest).toMatch(/.{43}/);
        expect(text).toContain('"stdout_tail": "first"');
        expect(text).not.toContain(digest);
      }
    },
  );

  it('is parsed as a whole again once another program has written it', async () => {
    const { save, jobs, inner } = service(1);
    await save('job', bodyOf('job', 'ours'));
    const stored = await inner.get(jobKey('job'));
    const text = stored === null ? '' : decoder.decode(stored.body);
    const broken = text.replace('"status": "completed"', '"status": "unheard"');
    await inner.put(jobKey('job'), encoder.encode(broken), { kind: 'none' });
    const loaded = await jobs.load({ jobId: 'job', key: jobKey('job') });
    expect(loaded.ok).toBe(false);
  });
});
