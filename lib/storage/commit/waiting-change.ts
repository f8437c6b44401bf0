import { unreachable } from '../../base/unreachable.ts';
import { type Failure, fail, ok, type Result } from '../../failure.ts';
import type { Durability, Version } from '../../store.ts';
import type { Content } from './confirmed-swap.ts';
import { runAlone, type SidecarWrite } from './sidecar-write.ts';

/** A write that other changes may join: they are decided on its object, and written by the same put. */
export interface Shared<C> {
  /** The object as a read finds it once it is stored. */
  readonly object: (version: Version) => C;
  /** By how many bytes the stored object grows at most. */
  readonly growth: number;
}

/** What to do with a stored object. */
export type ChangeDecision<C, T> =
  | {
      readonly kind: 'write';
      readonly encode: () => Content;
      /** Runs before each try of the write. */
      readonly first?: (() => Promise<void>) | undefined;
      /** What is written with it: in one step where the store has one, else before each try of the write and after it. */
      readonly sidecars?: readonly SidecarWrite[];
      /** `isLast`: the stored bytes are those of this change, with nothing behind it. */
      readonly written: (version: Version, isLast: boolean) => T;
      /** Runs once the write has happened. */
      readonly after?: (() => Promise<void>) | undefined;
      /** Null for a write that no later change may join. */
      readonly shared: Shared<C> | null;
    }
  | {
      readonly kind: 'delete';
      readonly durability?: Durability | undefined;
      readonly deleted: () => T;
      readonly after?: (() => Promise<void>) | undefined;
    }
  | { readonly kind: 'keep'; readonly value: T }
  /** Runs the task outside the queue of the key, then decides again. */
  | { readonly kind: 'wait'; readonly task: () => Promise<Result<null>> };

/** A change of the object under a key. */
export interface Task<C, T> {
  /** The object as the caller has just read it. It replaces one read, if no other change waits. Null: it must be read. */
  readonly takeKnown?: () => { readonly current: C | null } | null;
  /** Whether `takeKnown` has one. */
  readonly isKnown?: () => boolean;
  /** The object as this process knows it, which another one may have replaced since. Null for one that it does not know. */
  readonly recall?: () => C | null;
  /** Whether there is probably no object where `recall` knows none. */
  readonly isNew?: boolean;
  readonly read: () => Promise<C | null>;
  /**
   * Writes nothing and may run several times. `isLast`: no other change waits, so the write need not tell how much the
   * object grows.
   */
  readonly decide: (
    current: C | null,
    isLast: boolean,
  ) => Result<ChangeDecision<C, T>> | Promise<Result<ChangeDecision<C, T>>>;
}

/** The outcome of a turn at a key: a value, or a task to run before the next turn. */
export type Turn<T> = Result<
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'wait'; readonly task: () => Promise<Result<null>> }
>;

/** Is over once all that follows a write is done. It never rejects. */
export type Settled = Promise<void> | null;

/** How a change was written. */
export interface WrittenStep {
  readonly isLast: boolean;
  /** Whether the sidecars were written in the same step. */
  readonly isJoint: boolean;
  /** What the changes before it have left to do. */
  readonly before: Settled;
}

/** A decided change. `settle` answers its caller, after those that come before it. */
export type Step<C> =
  | {
      readonly kind: 'write';
      readonly encode: () => Content;
      readonly first: (() => Promise<void>) | undefined;
      readonly sidecars: readonly SidecarWrite[];
      readonly shared: Shared<C> | null;
      readonly settle: (version: Version, how: WrittenStep) => Settled;
    }
  | {
      readonly kind: 'delete';
      readonly durability: Durability | undefined;
      readonly settle: () => Settled;
    }
  /** Changes nothing: the object is kept, or the change refused. */
  | { readonly kind: 'none'; readonly settle: (before: Settled) => Settled }
  /** Leaves the queue, to come back to its end. */
  | { readonly kind: 'wait'; readonly settle: () => void };

/** A change in the queue of its key. The type of its value is known to its caller alone. */
export interface WaitingChange<C> {
  /** When its caller asked for it, by the clock of the pace; 0 where there is none. */
  readonly askedAt: number;
  readonly takeKnown: () => { readonly current: C | null } | null;
  readonly isKnown: () => boolean;
  readonly recall: () => C | null;
  readonly isNew: boolean;
  readonly read: () => Promise<C | null>;
  readonly decide: (current: C | null, isLast: boolean) => Promise<Step<C>>;
  readonly fail: (failure: Failure) => void;
  readonly reject: (error: unknown) => void;
}

function behind(
  sidecars: readonly SidecarWrite[],
  after: (() => Promise<void>) | undefined,
): () => Promise<void> {
  return async () => {
    await runAlone(sidecars, 'after');
    await after?.();
  };
}

/** A change for a queue, and its turn. */
export function waitingChange<C, T>(
  task: Task<C, T>,
  askedAt = 0,
): { readonly change: WaitingChange<C>; readonly turn: Promise<Turn<T>> } {
  const { promise, resolve, reject } = Promise.withResolvers<Turn<T>>();

  function finish(answer: Turn<T>, before: Settled, after?: () => Promise<void>): Settled {
    if (before === null && after === undefined) {
      resolve(answer);
      return null;
    }
    const finished = (async () => {
      await before;
      await after?.();
      resolve(answer);
    })();
    // An error is the caller's alone: the changes behind it have been written too.
    return finished.catch(reject);
  }

  function done(value: T): Turn<T> {
    return ok({ kind: 'done', value });
  }

  function stepOf(decided: Result<ChangeDecision<C, T>>): Step<C> {
    if (!decided.ok) return { kind: 'none', settle: before => finish(decided, before) };
    const decision = decided.value;
    switch (decision.kind) {
      case 'write': {
        const { encode, first, sidecars = [], shared, written, after } = decision;
        return {
          kind: 'write',
          encode,
          first,
          sidecars,
          shared,
          settle(version, { isLast, isJoint, before }) {
            try {
              const rest = isJoint || sidecars.length === 0 ? after : behind(sidecars, after);
              return finish(done(written(version, isLast)), before, rest);
            } catch (error) {
              reject(error);
              return before;
            }
          },
        };
      }
      case 'delete':
        return {
          kind: 'delete',
          durability: decision.durability,
          settle: () => finish(done(decision.deleted()), null, decision.after),
        };
      case 'keep':
        return { kind: 'none', settle: before => finish(done(decision.value), before) };
      case 'wait':
        return { kind: 'wait', settle: () => resolve(ok(decision)) };
      default:
        return unreachable(decision);
    }
  }

  const change: WaitingChange<C> = {
    askedAt,
    takeKnown: () => task.takeKnown?.() ?? null,
    isKnown: () => task.isKnown?.() ?? false,
    recall: () => task.recall?.() ?? null,
    isNew: task.isNew === true,
    read: task.read,
    decide: async (current, isLast) => stepOf(await task.decide(current, isLast)),
    fail: failure => resolve(fail(failure)),
    reject,
  };
  return { change, turn: promise };
}
