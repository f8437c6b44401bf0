import { describe, expect, it } from 'vitest';
import { type Check, firstRefusal } from '../../functions/http/check.ts';
import type { Answer } from '../../functions/http/response.ts';

/** The checks of these tests do not look at the request. */
const context = Object.create(null);

function refusing(status: number): { check: Check; answer: Answer } {
  const answer: Answer = { status, headers: {}, body: null };
  return { check: () => answer, answer };
}

describe('firstRefusal()', () => {
  it('is the answer of the first check that refuses, whether a check waits or not', async () => {
    const [first, second] = [refusing(401), refusing(400)];
    const waits: Check = async () => null;
    const passes: Check = () => null;
    expect(firstRefusal(context, [passes, first.check, second.check])).toBe(first.answer);
    expect(await firstRefusal(context, [waits, first.check, second.check])).toBe(first.answer);
    expect(await firstRefusal(context, [waits, waits, passes, second.check])).toBe(second.answer);
    expect(await firstRefusal(context, [async () => first.answer, second.check])).toBe(
      first.answer,
    );
  });

  it('asks no check after one that refuses', async () => {
    const asked: string[] = [];
    const { check } = refusing(401);
    const later: Check = () => {
      asked.push('later');
      return null;
    };
    await firstRefusal(context, [check, later]);
    await firstRefusal(context, [async () => check(context), later]);
    expect(asked).toEqual([]);
  });

  it('is null, without a promise, when no check waits or refuses', () => {
    expect(firstRefusal(context, [() => null, () => null])).toBeNull();
  });
});
