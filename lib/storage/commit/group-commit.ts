import { ok } from '../../failure.ts';
import type { ObjectStore, Version } from '../../store.ts';
import { remove, swap, swapWith, type Versioned } from './confirmed-swap.ts';
import type { Pace } from './pace.ts';
import type { Attempt, Retry } from './retry.ts';
import { areJoint, runAlone, type SidecarWrite } from './sidecar-write.ts';
import type { Settled, Step, WaitingChange } from './waiting-change.ts';

/**
 * Carries out the first changes of a queue, as many as one write can, and removes them from it. It never rejects.
 *
 * 1. It reads the object and decides the first change on it. The next one is decided on the object that the first
 *    leaves, and so on. Changes that arrive meanwhile join.
 * 2. One compare-and-swap stores the last object. That is the point of no return for all of them.
 * 3. Each change is answered, in order.
 *
 * A change that keeps or refuses what an earlier one leaves is answered once that is stored. After a lost race all are
 * decided again; if the store fails, all that depend on the write fail with it.
 */
export type Commit = <C extends Versioned>(
  key: string,
  waiting: WaitingChange<C>[],
) => Promise<void>;

/** The most changes in one write, so that none waits long for the others to be decided. */
export const MAX_CHANGES = 100;
/** The most bytes by which the changes of one write may enlarge the object together. */
export const MAX_GROWTH = 4 * 1024 * 1024;

/** Of an object that is not stored yet. With the quotes it is no version of a store and of no client. */
const UNWRITTEN = '"unwritten"' as Version;

type Write<C> = Extract<Step<C>, { kind: 'write' }>;
type Removal<C> = Extract<Step<C>, { kind: 'delete' }>;

/** A change that depends on the write: one that is written, or one that keeps or refuses what is written before it. */
type Member<C> =
  | { readonly kind: 'written'; readonly step: Write<C> }
  | { readonly kind: 'seen'; readonly change: WaitingChange<C>; readonly earlier: Write<C> };

/** What the decisions come to. The members are the first changes of the queue. */
type Outcome<C> =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'removal'; readonly removal: Removal<C> }
  | {
      readonly kind: 'write';
      readonly members: readonly Member<C>[];
      readonly last: Write<C>;
    };

export function createCommit({
  store,
  retry,
  pace,
}: {
  store: ObjectStore;
  retry: Retry;
  /** Null where a key may be written at any time. */
  pace: Pace | null;
}): Commit {
  async function attempt<C extends Versioned>(
    key: string,
    waiting: WaitingChange<C>[],
  ): Promise<Attempt<null>> {
    const recalled = recalledFor(waiting);
    if (recalled !== null) {
      const done = await attemptOn(key, waiting, recalled);
      if (done !== 'lost') return done;
    }
    const read = await readFor(waiting);
    return read === null ? ok(null) : attemptOn(key, waiting, read);
  }

  /** What this process knows of the object: a write shows whether it is still so, at no more cost than a read. */
  function recalledFor<C>(waiting: readonly WaitingChange<C>[]): Read<C> | null {
    const [first] = waiting;
    if (store.refusesCheaply !== true || first === undefined || first.isKnown()) return null;
    const current = first.recall();
    return current === null && !first.isNew ? null : { current, asked: 0, isSure: false };
  }

  /** Lost also where what was recalled decides no write, or one that changes something else before it: it may be of the past. */
  async function attemptOn<C extends Versioned>(
    key: string,
    waiting: WaitingChange<C>[],
    read: Read<C>,
  ): Promise<Attempt<null>> {
    const outcome = await decideAll(waiting, read);
    if (!read.isSure && !isOneWrite(outcome, store))
      return waiting.length === 0 ? ok(null) : 'lost';
    const wait = outcome.kind === 'nothing' ? null : (pace?.wait(key) ?? null);
    if (wait !== null) {
      // What depends on no write is answered by now. The rest is decided again, on what is stored then.
      await wait;
      failLate(waiting, pace);
      return 'again';
    }
    const count = outcome.kind === 'write' ? outcome.members.length : 1;
    try {
      if (outcome.kind === 'write') {
        const sidecars = sidecarsOf(outcome.members);
        const isJoint = areJoint(store, sidecars);
        // Who counts on the step decides again, and takes another way.
        if (!isJoint && sidecars.some(({ alone }) => alone === null)) return 'lost';
        const version = await write(key, outcome, { current: read.current, isJoint });
        if (version === null) return 'lost';
        waiting.splice(0, count);
        waiting.unshift(...(await settleAll(outcome, version, isJoint)));
      }
      if (outcome.kind === 'removal') {
        const { durability, settle } = outcome.removal;
        if (!(await remove(store, key, read.current, durability))) return 'lost';
        waiting.splice(0, count);
        void settle();
      }
    } catch (error) {
      for (const change of waiting.splice(0, count)) change.reject(error);
    } finally {
      if (outcome.kind !== 'nothing') pace?.wrote(key);
    }
    return ok(null);
  }

  async function write<C>(
    key: string,
    { members, last }: Extract<Outcome<C>, { kind: 'write' }>,
    { current, isJoint }: { readonly current: Versioned | null; readonly isJoint: boolean },
  ): Promise<Version | null> {
    const content = last.encode();
    const sidecars = sidecarsOf(members);
    for (const first of firstsOf(members)) await first();
    if (isJoint && sidecars.length > 0) return swapWith(store, key, content, { current, sidecars });
    await runAlone(sidecars, 'before');
    // What several changes rely on is durable.
    const durability = members.length > 1 ? 'durable' : content.durability;
    return swap(store, key, { ...content, durability }, current);
  }

  return async (key, waiting) => {
    try {
      const done = await retry(() => attempt(key, waiting));
      if (done.ok) return;
      for (const change of waiting.splice(0, MAX_CHANGES)) change.fail(done.failure);
    } catch (error) {
      for (const change of waiting.splice(0)) change.reject(error);
    }
  };
}

/** Whether a refused write leaves no trace. */
function isOneWrite<C>(outcome: Outcome<C>, store: ObjectStore): boolean {
  if (outcome.kind !== 'write') return false;
  if (firstsOf(outcome.members).length > 0) return false;
  const sidecars = sidecarsOf(outcome.members);
  return sidecars.every(({ alone }) => alone?.when === 'after') || areJoint(store, sidecars);
}

/** What comes before the writes in any case. */
function firstsOf<C>(members: readonly Member<C>[]): (() => Promise<void>)[] {
  return members.flatMap(member =>
    member.kind === 'written' && member.step.first !== undefined ? [member.step.first] : [],
  );
}

function sidecarsOf<C>(members: readonly Member<C>[]): SidecarWrite[] {
  return members.flatMap(member => (member.kind === 'written' ? member.step.sidecars : []));
}

/** Nothing is written for these changes, so their callers may ask again. */
function failLate<C>(waiting: WaitingChange<C>[], pace: Pace | null): void {
  const late = waiting.filter(({ askedAt }) => pace?.isLate(askedAt) === true);
  for (const change of late) {
    waiting.splice(waiting.indexOf(change), 1);
    change.fail({ code: 'store_unavailable', retryAfterSeconds: 1 });
  }
}

/** An object that was read for the first changes of a queue. */
interface Read<C> {
  readonly current: C | null;
  /** How many changes came before the read. Only these may be answered from what was read. */
  readonly asked: number;
  /** Whether it was read, and not recalled: then a change may also be kept or refused, or the object deleted. */
  readonly isSure: boolean;
}

/** Null if the read failed: then all that waited for it have failed. */
async function readFor<C>(waiting: WaitingChange<C>[]): Promise<Read<C> | null> {
  const [first] = waiting;
  if (first === undefined) return null;
  const asked = waiting.length;
  try {
    const known = asked === 1 ? first.takeKnown() : null;
    const current = known === null ? await first.read() : known.current;
    return { current, asked, isSure: true };
  } catch (error) {
    for (const change of waiting.splice(0, asked)) change.reject(error);
    return null;
  }
}

/** Answers and removes the changes that depend on no write. */
async function decideAll<C>(
  waiting: WaitingChange<C>[],
  { current, asked, isSure }: Read<C>,
): Promise<Outcome<C>> {
  const members: Member<C>[] = [];
  let last: Write<C> | null = null;
  let answerable = asked;
  let growth = 0;

  function leave(): void {
    waiting.splice(members.length, 1);
    answerable -= 1;
  }

  while (growth < MAX_GROWTH && members.length < MAX_CHANGES) {
    const change: WaitingChange<C> | undefined = waiting[members.length];
    if (change === undefined) break;
    const isLast = waiting.length === members.length + 1 || members.length + 1 === MAX_CHANGES;
    const step: Step<C> | null = await decided(change, left(last, current), isLast);
    if (step === null) {
      leave();
      continue;
    }
    if (step.kind === 'write') {
      members.push({ kind: 'written', step });
      last = step;
      if (step.shared === null) break;
      growth += step.shared.growth;
      continue;
    }
    if (last !== null && step.kind === 'none') {
      members.push({ kind: 'seen', change, earlier: last });
      continue;
    }
    if (last !== null || !isSure) break;
    if (step.kind === 'delete') return { kind: 'removal', removal: step };
    // It came after the read, which may be too old for it: the next group reads again.
    if (answerable <= 0) break;
    leave();
    void step.settle(null);
  }
  return last === null ? { kind: 'nothing' } : { kind: 'write', members, last };
}

/** The object as the changes before leave it. */
function left<C>(last: Write<C> | null, current: C | null): C | null {
  return last === null ? current : (last.shared?.object(UNWRITTEN) ?? null);
}

/** Null if the change has failed. */
async function decided<C>(
  change: WaitingChange<C>,
  current: C | null,
  isLast: boolean,
): Promise<Step<C> | null> {
  try {
    return await change.decide(current, isLast);
  } catch (error) {
    change.reject(error);
    return null;
  }
}

/** Answers the changes of a group that was stored. Returns those that must be decided on what is stored now. */
async function settleAll<C>(
  { members, last }: Extract<Outcome<C>, { kind: 'write' }>,
  version: Version,
  isJoint: boolean,
): Promise<WaitingChange<C>[]> {
  const again: WaitingChange<C>[] = [];
  let before: Settled = null;
  for (const member of members) {
    if (member.kind === 'written') {
      before = member.step.settle(version, { isLast: member.step === last, isJoint, before });
      continue;
    }
    // Decided once more on the same object, which has a version now.
    const { change, earlier } = member;
    const seen = earlier.shared?.object(version) ?? null;
    const step = await decided(change, seen, true);
    if (step?.kind === 'none') before = step.settle(before);
    else if (step !== null) again.push(change);
  }
  return again;
}
