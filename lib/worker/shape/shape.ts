/**
 * Checks a value that another program made, and returns a copy of its type. The form is that of zod. Programs that
 * import the job library or the client need not load zod for it.
 */
export interface Shape<T> {
  safeParse(value: unknown): Read<T>;
  /** Whether a member of this shape may be left out. It is then read as undefined. */
  readonly mayBeAbsent?: true;
}

/** A member that may be left out. Its type is optional. */
export interface OptionalShape<T> extends Shape<T | undefined> {
  readonly mayBeAbsent: true;
}

export type Read<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly error: ShapeError };

/** The type of the values of a shape. */
export type Infer<S> = S extends Shape<infer T> ? T : never;

/** The first place where a value is not what was expected. The message has its path: `sheets.1.status: expected …`. */
export class ShapeError extends TypeError {
  override readonly name = 'ShapeError';
  readonly reason: string;
  readonly path: readonly string[];

  constructor(reason: string, path: readonly string[] = []) {
    super(path.length === 0 ? reason : `${path.join('.')}: ${reason}`);
    this.reason = reason;
    this.path = path;
  }
}

/** Returns the value in its type. Throws a `ShapeError`. */
export function parse<T>(shape: Shape<T>, value: unknown): T {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  throw read.error;
}

export function accepted<T>(data: T): Read<T> {
  return { success: true, data };
}

export function refused(reason: string): Read<never> {
  return { success: false, error: new ShapeError(reason) };
}

/** The error of a member or an item, as one of the value around it. */
export function refusedAt(name: string, { reason, path }: ShapeError): Read<never> {
  return { success: false, error: new ShapeError(reason, [name, ...path]) };
}
