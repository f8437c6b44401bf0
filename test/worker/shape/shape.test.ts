import { describe, expect, expectTypeOf, it } from 'vitest';
import { type Infer, parse, ShapeError } from '../../../lib/worker/shape/shape.ts';
import {
  array,
  object,
  pair,
  record,
  strictObject,
  union,
} from '../../../lib/worker/shape/structures.ts';
import {
  boolean,
  integer,
  literal,
  nullable,
  number,
  optional,
  refined,
  string,
  unknown,
  withFallback,
} from '../../../lib/worker/shape/values.ts';

const Sheet = object({ status: literal('pending', 'completed'), note: optional(string) });
const Job = object({ id: string, sheets: record(Sheet), tags: array(string), extra: unknown });

function refusal(read: { readonly success: boolean; readonly error?: ShapeError }) {
  return read.error?.message;
}

describe('object()', () => {
  it('copies the value with its other members, in their order', () => {
    const value = { z: 1, tags: [], sheets: {}, id: 'a', extra: null, more: { b: 1 } };
    const data = parse(Job, value);
    expect(JSON.stringify(data)).toBe(JSON.stringify(value));
    expect(data).not.toBe(value);
    expect(data.tags).not.toBe(value.tags);
  });

  it('names the path of what is wrong', () => {
    const sheets = { 1: { status: 'done' } };
    const read = Job.safeParse({ id: 'a', sheets, tags: [], extra: 1 });
    expect(refusal(read)).toBe('sheets.1.status: expected "pending" or "completed"');
    const { error } = Job.safeParse({ id: 'a', sheets: {}, tags: ['x', 3], extra: 1 }) as {
      error: ShapeError;
    };
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ path: ['tags', '1'], reason: 'expected a string' });
  });

  it('refuses a value without a member, also one of any value, unless it is optional', () => {
    expect(refusal(Job.safeParse({ id: 'a', sheets: {}, tags: [] }))).toBe('extra: missing');
    expect(refusal(Job.safeParse({ sheets: {}, tags: [], extra: 1 }))).toBe('id: missing');
    expect(parse(Sheet, { status: 'pending' })).toStrictEqual({ status: 'pending' });
  });

  it.each([null, undefined, 'x', 1, [], () => undefined])('refuses %s', value => {
    expect(refusal(object({}).safeParse(value))).toBe('expected an object');
  });

  it('drops a member __proto__, which would become the prototype', () => {
    const data = parse(object({}), JSON.parse('{"__proto__": {"admin": true}, "a": 1}'));
    expect(data).toStrictEqual({ a: 1 });
    expect(data['admin']).toBeUndefined();
  });
});

describe('strictObject()', () => {
  it('refuses a member that it does not know', () => {
    const Result = strictObject({ stdout: optional(string) });
    expect(parse(Result, { stdout: 'x' })).toEqual({ stdout: 'x' });
    expect(refusal(Result.safeParse({ stdout: 'x', stdot: 'y' }))).toBe(
      'unexpected member "stdot"',
    );
    expect(refusal(Result.safeParse({ toString: 1 }))).toBe('unexpected member "toString"');
  });
});

describe('record(), array() and pair()', () => {
  it('copy and check each member or item', () => {
    expect(parse(record(number), { a: 1 })).toEqual({ a: 1 });
    expect(refusal(record(number).safeParse({ a: 1, b: '2' }))).toBe('b: expected a number');
    expect(refusal(record(number).safeParse([1]))).toBe('expected an object');
    expect(parse(array(number), [1, 2])).toEqual([1, 2]);
    expect(refusal(array(number).safeParse({ length: 0 }))).toBe('expected an array');
    expect(parse(pair(number), [0, 2])).toEqual([0, 2]);
    expect(refusal(pair(number).safeParse([1]))).toBe('expected an array of two');
    expect(refusal(pair(number).safeParse([1, 2, 3]))).toBe('expected an array of two');
  });
});

describe('union()', () => {
  const Answer = union(
    'ok',
    object({ ok: literal(true), value: number }),
    object({ ok: literal(false), code: string }),
  );

  it('checks by the member that tells the objects apart', () => {
    expect(parse(Answer, { ok: true, value: 1 })).toEqual({ ok: true, value: 1 });
    expect(refusal(Answer.safeParse({ ok: false, value: 1 }))).toBe('code: missing');
    expect(refusal(Answer.safeParse({ ok: 1 }))).toBe('ok: expected another value');
    expect(refusal(Answer.safeParse(null))).toBe('expected an object');
  });
});

describe('values', () => {
  it.each([
    [number, [0, -1.5], [Number.NaN, Number.POSITIVE_INFINITY, '1', null]],
    [integer, [0, 2 ** 53 - 1], [0.5, 2 ** 53, '1']],
    [string, [''], [null, undefined, 1]],
    [boolean, [true, false], [0, 'true']],
    [literal(null), [null], [undefined, 0]],
    [nullable(string), [null, 'x'], [undefined, 1]],
    [optional(string), [undefined, 'x'], [null, 1]],
    [unknown, [null, undefined, 1, {}], []],
    [refined(number, { expected: 'more', isMet: value => value > 1 }), [2], [1, 'x']],
  ] as const)('%# accepts and refuses', (shape, good, bad) => {
    for (const value of good)
      expect(shape.safeParse(value)).toEqual({ success: true, data: value });
    for (const value of bad) expect(shape.safeParse(value).success).toBe(false);
  });

  it('withFallback() takes the other value for one that is refused or absent', () => {
    const Sized = object({ size: withFallback(integer, 3) });
    expect(parse(Sized, { size: 2 })).toEqual({ size: 2 });
    expect(parse(Sized, { size: 'x' })).toEqual({ size: 3 });
    expect(parse(Sized, {})).toEqual({ size: 3 });
  });
});

it('parse() throws the error of the shape', () => {
  expect(() => parse(string, 1)).toThrow(new ShapeError('expected a string'));
});

it('Infer is the type of the values', () => {
  expectTypeOf<Infer<typeof Sheet>>().toEqualTypeOf<{
    [member: string]: unknown;
    status: 'pending' | 'completed';
    note?: string | undefined;
  }>();
});
