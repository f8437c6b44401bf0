import { describe, expect, it } from 'vitest';
import type {
  KvEntry,
  KvKey,
  KvKeyPart,
  KvLike,
  KvSelector,
} from '../../../../lib/stores/deno-kv/kv-like.ts';
import { seeds } from '../../../support/effort.ts';
import { seededRandom } from '../../../support/random.ts';
import { LIKE_DENO } from './both.ts';

const STEPS = 400;
const PARTS: readonly KvKeyPart[] = ['a', 'b', '', 1, -1, 0n, 300n, true, new Uint8Array([0, 1])];

/** A step on any KV, with its result as text that is the same on equal KVs. */
type Step = (kv: KvLike) => Promise<unknown>;

// Only Deno has two to compare.
describe.runIf(LIKE_DENO.length === 2)('the shim', () => {
  it.each(seeds(2))("answers as Deno's own KV to 400 random steps: seed %i", async seed => {
    const steps = randomSteps(seed);
    const answers: unknown[][] = [];
    for (const [, open] of LIKE_DENO) {
      const kv = await open();
      const answered: unknown[] = [];
      for (const step of steps) answered.push(await step(kv));
      kv.close();
      answers.push(answered);
    }
    expect(answers[0]).toHaveLength(STEPS);
    expect(answers[0]).toEqual(answers[1]);
  });
});

function randomSteps(seed: number): Step[] {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random.fraction() * limit);
  const key = (): KvKey =>
    Array.from({ length: 1 + below(3) }, () => PARTS[below(PARTS.length)] ?? 'a');

  function list(): Step {
    const [first, second] = [key(), key()];
    const prefix = first.slice(0, below(2));
    const selectors: readonly KvSelector[] = [
      { prefix },
      { prefix, start: [...prefix, ...second] },
      { prefix, end: [...prefix, ...second] },
      { start: first, end: second },
    ];
    const selector = selectors[below(4)] ?? { prefix };
    const options = { reverse: below(2) === 0, limit: 1 + below(5), batchSize: 1 + below(3) };
    return kv => refusable(() => pages(kv, selector, options));
  }

  function commit(): Step {
    const [checkedKey, keys] = [key(), [key(), key(), key()]];
    const [isStale, value] = [below(3) === 0, below(100)];
    return async kv => {
      const { versionstamp } = await kv.get(checkedKey);
      const stamp = isStale ? '0'.repeat(20) : versionstamp;
      const atomic = kv.atomic().check({ key: checkedKey, versionstamp: stamp });
      for (const [index, changed] of keys.entries()) {
        if (index === 1) atomic.delete(changed);
        else atomic.set(changed, { value, index });
      }
      return (await atomic.commit()).ok;
    };
  }

  return Array.from({ length: STEPS }, (): Step => {
    const [choice, one, other, value] = [below(5), key(), key(), below(100)];
    if (choice === 0) return async kv => (await kv.set(one, value)).ok;
    if (choice === 1) return kv => kv.delete(one);
    if (choice === 2) return async kv => (await kv.getMany([one, other])).map(shown);
    return choice === 3 ? list() : commit();
  });
}

/** Two pages, the second after the cursor of the first. */
async function pages(kv: KvLike, selector: KvSelector, options: object): Promise<unknown[]> {
  const found: unknown[] = [];
  const first = kv.list(selector, options);
  for await (const entry of first) found.push(shown(entry));
  if (found.length === 0) return found;
  for await (const entry of kv.list(selector, { ...options, cursor: first.cursor })) {
    found.push(shown(entry));
  }
  return found;
}

function shown({ key, value }: Pick<KvEntry, 'key' | 'value'>): unknown {
  return { key, value };
}

async function refusable(task: () => Promise<unknown>): Promise<unknown> {
  try {
    return await task();
  } catch (error) {
    return error instanceof TypeError || error instanceof Error ? 'refused' : error;
  }
}
