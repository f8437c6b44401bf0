import type { Shape } from '../worker/shape/shape.ts';
import { object } from '../worker/shape/structures.ts';

/**
 * A shape that checks some members of an answer, those that every version of the service sends. The others are what the
 * service promises, and a newer one may add some.
 */
export function promised<T extends object>(
  members: {
    readonly [Name in keyof T]?: Shape<unknown>;
  },
): Shape<T> {
  const shape: Shape<unknown> = object(members as Readonly<Record<string, Shape<unknown>>>);
  return shape as Shape<T>;
}
