import type { Clock } from '../base/clock.ts';
import { JOB_KEYS } from '../keys/job-id.ts';
import { swap } from '../storage/commit/confirmed-swap.ts';
import { type ObjectStore, StoreError } from '../store.ts';
import type { MovingStore } from '../stores/moving.ts';
import type { CheckCursor, CheckReport } from '../stores/shards/catalogue-check.ts';
import { drain } from './drain.ts';
import {
  bodyOfMove,
  type Medium,
  MOVE_KEY,
  type MoveRecord,
  moveTo,
  otherThan,
  readMove,
  type StoredMove,
} from './record.ts';

/** For so long after a move what a late process of an earlier version wrote is moved as well. */
const LATE_MS = 24 * 60 * 60 * 1000;
/** Jobs that are compared with the catalogues at a time. */
const COMPARED = 1_000;
const MOST_TRIES = 20;

/** How far a move is. */
export interface MoveReport {
  readonly to: Medium;
  readonly state: 'waiting' | 'moving' | 'comparing' | 'done';
  /** In whole seconds, until it starts. */
  readonly startsInSeconds: number;
  /** Objects, in all. */
  readonly moved: number;
}

/** The last move, as the service uses it. */
export interface MoveControl {
  readonly last: MoveReport;
  /** Moves the next objects, if it is under way. Null where there is no record of it any more. Rejects with a `StoreError`. */
  next(): Promise<MoveReport | null>;
}

/**
 * The record of where the leases are. If that is not where they should be, a move begins: it starts after `delayMs`, when
 * all processes know of it. A move that is under way is completed first. A deployment without jobs moves nothing.
 */
export async function ensureMove(
  bodies: ObjectStore,
  { wanted, delayMs, clock }: { wanted: Medium; delayMs: number; clock: Clock },
): Promise<MoveRecord | null> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const stored = await readMove(bodies);
    const next = await nextRecord(bodies, stored, { wanted, delayMs, nowMs: clock.millis() });
    if (next === null) return stored?.record ?? null;
    if ((await swap(bodies, MOVE_KEY, { body: bodyOfMove(next) }, stored)) !== null) return next;
  }
  throw new StoreError(`Cannot write "${MOVE_KEY}": others keep writing it`);
}

/** Null where the record is as it should be. */
async function nextRecord(
  bodies: ObjectStore,
  stored: StoredMove | null,
  { wanted, delayMs, nowMs }: { wanted: Medium; delayMs: number; nowMs: number },
): Promise<MoveRecord | null> {
  if (stored !== null && (stored.record.done_at_ms === null || stored.record.to === wanted)) {
    return null;
  }
  if (stored === null && wanted === 'r2') return null;
  if (stored === null && !(await hasJobs(bodies))) {
    return { ...moveTo(wanted, nowMs, 0), done_at_ms: nowMs };
  }
  return moveTo(wanted, nowMs, delayMs);
}

async function hasJobs(bodies: ObjectStore): Promise<boolean> {
  const first = await bodies.list(JOB_KEYS, '', { labels: false })[Symbol.asyncIterator]().next();
  return first.done !== true;
}

export interface MoveParts {
  readonly bodies: ObjectStore;
  /** The store of everything in a medium. */
  readonly storeOf: (medium: Medium) => ObjectStore;
  readonly movingStoreOf: (record: MoveRecord) => MovingStore;
  readonly checkCatalogues: (query: {
    readonly cursor: CheckCursor | null;
    readonly limit: number;
  }) => Promise<CheckReport>;
  readonly clock: Clock;
}

/**
 * Moves up to `limit` objects, and records how far it came. Two of them at once do the same things twice at most. Null
 * where nothing was ever moved. Rejects with a `StoreError`.
 */
export async function advanceMove(
  parts: MoveParts,
  { limit }: { readonly limit: number },
): Promise<MoveReport | null> {
  const { bodies, clock } = parts;
  const stored = await readMove(bodies);
  if (stored === null) return null;
  const { record } = stored;
  const nowMs = clock.millis();
  if (isOver(record, nowMs) || nowMs < record.starts_at_ms) return reportOf(record, nowMs);
  const next = await nextPart(parts, record, limit);
  // Another one may have been faster; what it recorded is as good.
  await swap(bodies, MOVE_KEY, { body: bodyOfMove(next) }, stored);
  return reportOf(next, nowMs);
}

function isOver({ done_at_ms: doneAtMs }: MoveRecord, nowMs: number): boolean {
  return doneAtMs !== null && nowMs - doneAtMs > LATE_MS;
}

async function nextPart(
  { storeOf, movingStoreOf, checkCatalogues, clock }: MoveParts,
  record: MoveRecord,
  limit: number,
): Promise<MoveRecord> {
  const begunAtMs = clock.millis();
  const stores = { from: storeOf(otherThan(record.to)), moving: movingStoreOf(record) };
  const part = await drain(stores, { cursor: record.cursor, limit });
  const next = { ...record, moved: record.moved + part.moved, cursor: part.cursor };
  const isSettled = begunAtMs >= record.settles_at_ms;
  if (part.cursor !== null || !isSettled || record.done_at_ms !== null) return next;
  if (record.to === 'shards') {
    const { cursor } = await checkCatalogues({ cursor: record.compared, limit: COMPARED });
    if (cursor !== null) return { ...next, compared: { ...cursor, moments: [...cursor.moments] } };
  }
  return { ...next, compared: null, done_at_ms: clock.millis() };
}

export function reportOf(record: MoveRecord, nowMs: number): MoveReport {
  const { to, starts_at_ms: startsAtMs, moved } = record;
  return {
    to,
    state: stateOf(record, nowMs),
    startsInSeconds: Math.max(0, Math.ceil((startsAtMs - nowMs) / 1000)),
    moved,
  };
}

function stateOf(record: MoveRecord, nowMs: number): MoveReport['state'] {
  if (record.done_at_ms !== null) return 'done';
  if (nowMs < record.starts_at_ms) return 'waiting';
  return record.compared === null ? 'moving' : 'comparing';
}
