import {
  accepted,
  type Infer,
  type OptionalShape,
  type Read,
  refused,
  refusedAt,
  type Shape,
  ShapeError,
} from './shape.ts';

type Members = Readonly<Record<string, Shape<unknown>>>;
type OptionalName<M> = {
  [Name in keyof M]: M[Name] extends OptionalShape<unknown> ? Name : never;
}[keyof M];
type Known<M> = { -readonly [Name in Exclude<keyof M, OptionalName<M>>]: Infer<M[Name]> } & {
  -readonly [Name in OptionalName<M>]?: Infer<M[Name]>;
};
type Flat<T> = { [Name in keyof T]: T[Name] };

export interface ObjectShape<M extends Members, T> extends Shape<T> {
  /** To make a larger shape of. */
  readonly members: M;
}

/** An object with these members. Others stay: a newer service, or another program, may have written more. */
export function object<M extends Members>(
  members: M,
): ObjectShape<M, Flat<Known<M> & { [member: string]: unknown }>> {
  return shapeOf(members, () => true);
}

/** An object with these members and no others. */
export function strictObject<M extends Members>(members: M): ObjectShape<M, Flat<Known<M>>> {
  return shapeOf(members, name => Object.hasOwn(members, name));
}

function shapeOf<M extends Members, T>(
  members: M,
  isKnown: (name: string) => boolean,
): ObjectShape<M, T> {
  const shapes = Object.entries(members);
  function safeParse(value: unknown): Read<T> {
    if (!isRecord(value)) return refused('expected an object');
    const data: Record<string, unknown> = {};
    for (const name in value) {
      if (!isKnown(name)) return refused(`unexpected member ${JSON.stringify(name)}`);
      if (isSafe(name)) data[name] = value[name];
    }
    for (const [name, shape] of shapes) {
      const isThere = name in value;
      if (!isThere && shape.mayBeAbsent !== true) return refusedAt(name, new ShapeError('missing'));
      const read = shape.safeParse(value[name]);
      if (!read.success) return refusedAt(name, read.error);
      if (isThere || read.data !== undefined) data[name] = read.data;
    }
    // The loop has checked each member.
    return accepted(data as T);
  }
  return { members, safeParse };
}

/** An object whose members all have one shape. */
export function record<T>(shape: Shape<T>): Shape<Record<string, T>> {
  return {
    safeParse(value) {
      if (!isRecord(value)) return refused('expected an object');
      const data: Record<string, T> = {};
      for (const name of Object.keys(value).filter(isSafe)) {
        const read = shape.safeParse(value[name]);
        if (!read.success) return refusedAt(name, read.error);
        data[name] = read.data;
      }
      return accepted(data);
    },
  };
}

export function array<T>(shape: Shape<T>): Shape<T[]> {
  return {
    safeParse(value) {
      if (!Array.isArray(value)) return refused('expected an array');
      const data: T[] = [];
      const items: readonly unknown[] = value;
      for (const [index, item] of items.entries()) {
        const read = shape.safeParse(item);
        if (!read.success) return refusedAt(String(index), read.error);
        data.push(read.data);
      }
      return accepted(data);
    },
  };
}

/** An array of two. */
export function pair<T>(shape: Shape<T>): Shape<[T, T]> {
  const items = array(shape);
  return {
    safeParse(value) {
      if (!Array.isArray(value) || value.length !== 2) return refused('expected an array of two');
      // Its length is checked.
      return items.safeParse(value) as Read<[T, T]>;
    },
  };
}

/** The first of the objects whose member of this name is the one of the value. */
export function union<S extends readonly ObjectShape<Members, unknown>[]>(
  name: string,
  ...options: S
): Shape<Infer<S[number]>> {
  return {
    safeParse(value) {
      if (!isRecord(value)) return refused('expected an object');
      const own = options.find(({ members }) => members[name]?.safeParse(value[name]).success);
      if (own === undefined) return refusedAt(name, new ShapeError('expected another value'));
      // The type of a shape in a union of shapes is one of its types.
      return own.safeParse(value) as Read<Infer<S[number]>>;
    },
  };
}

/** An assignment to this member would set the prototype. */
function isSafe(name: string): boolean {
  return name !== '__proto__';
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
