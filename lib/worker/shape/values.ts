import { accepted, type OptionalShape, refused, type Shape } from './shape.ts';

export const string = leaf('a string', value => typeof value === 'string');
export const boolean = leaf('a boolean', value => typeof value === 'boolean');
export const number = leaf('a number', (value): value is number => Number.isFinite(value));
/** An integer that JavaScript has exactly. */
export const integer = leaf('an integer', (value): value is number => Number.isSafeInteger(value));
export const positive = refined(number, {
  expected: 'a number above 0',
  isMet: value => value > 0,
});
/** Any value. As a member it must be there. */
export const unknown: Shape<unknown> = { safeParse: accepted };

export function literal<const T extends string | number | boolean | null>(
  ...values: T[]
): Shape<T> {
  const names = values.map(value => JSON.stringify(value)).join(' or ');
  return leaf(names, (value): value is T => values.some(it => it === value));
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return { safeParse: value => (value === null ? accepted(null) : shape.safeParse(value)) };
}

export function optional<T>(shape: Shape<T>): OptionalShape<T> {
  return {
    mayBeAbsent: true,
    safeParse: value => (value === undefined ? accepted(undefined) : shape.safeParse(value)),
  };
}

/** Takes the other value for one that is absent or refused. */
export function withFallback<T>(shape: Shape<T>, other: T): Shape<T> {
  return {
    mayBeAbsent: true,
    safeParse(value) {
      const read = shape.safeParse(value);
      return read.success ? read : accepted(other);
    },
  };
}

interface Rule<T> {
  readonly expected: string;
  readonly isMet: (value: T) => boolean;
}

/** A shape with one more rule. */
export function refined<T>(shape: Shape<T>, { expected, isMet }: Rule<T>): Shape<T> {
  return {
    safeParse(value) {
      const read = shape.safeParse(value);
      return read.success && !isMet(read.data) ? refused(`expected ${expected}`) : read;
    },
  };
}

function leaf<T>(expected: string, is: (value: unknown) => value is T): Shape<T> {
  return {
    safeParse: value => (is(value) ? accepted(value) : refused(`expected ${expected}`)),
  };
}
