import { getLogger } from '@logtape/logtape';
import type { Clock } from '../../../lib/base/clock.ts';
import { ensureMove, type MoveReport } from '../../../lib/move/move.ts';
import { type Medium, type MoveRecord, readMove } from '../../../lib/move/record.ts';
import { type ObjectStore, StoreError } from '../../../lib/store.ts';

const logger = getLogger(['dalsegno', 'moves']);

/** While a move is under way, an isolate reads the record so often. */
const REREAD_MS = 15_000;

/** What an isolate knows of the record of moves. */
export interface MoveKeeper {
  /**
   * Reads the record, once where no move is under way. Begins a move where one is wanted, and where the shards are bound: without
   * them it could not go on. Rejects with a `StoreError`.
   */
  current(bodies: ObjectStore): Promise<MoveRecord | null>;
  /** Until when the last answer may be used, in milliseconds since 1970. */
  usableUntilMs(): number;
}

export function createMoveKeeper({
  wanted,
  hasShards,
  delayMs,
  clock,
}: {
  readonly wanted: Medium;
  readonly hasShards: boolean;
  readonly delayMs: number;
  readonly clock: Clock;
}): MoveKeeper {
  async function read(bodies: ObjectStore): Promise<MoveRecord | null> {
    if (hasShards) return ensureMove(bodies, { wanted, delayMs, clock });
    return (await readMove(bodies))?.record ?? null;
  }

  let known: { readonly record: MoveRecord | null; readonly untilMs: number } | null = null;

  function learn(record: MoveRecord | null): void {
    const isSettled = record === null || record.done_at_ms !== null;
    const before = known?.record ?? null;
    known = { record, untilMs: isSettled ? Number.POSITIVE_INFINITY : clock.millis() + REREAD_MS };
    if (record !== null && stateOf(record) !== stateOf(before)) say(record, hasShards);
  }

  return {
    async current(bodies) {
      if (known === null || known.untilMs <= clock.millis()) {
        learn(await read(bodies));
      }
      const record = known?.record ?? null;
      if (!hasShards && record !== null && (record.to === 'shards' || record.done_at_ms === null)) {
        throw new StoreError(
          'Cannot run without LEASE_SHARDS: leases are in its objects. Bind it, with STATE_MEDIA = "r2" to move them to R2, and remove the binding when they are moved',
        );
      }
      return record;
    },

    usableUntilMs: () => known?.untilMs ?? 0,
  };
}

/** After each part. */
export function logMove({ to, state, moved }: MoveReport): void {
  logger.info('The move to {to} is {state}: {moved} objects are moved', { to, state, moved });
}

function stateOf(record: MoveRecord | null): string | null {
  return record === null ? null : `${record.to} ${record.done_at_ms === null}`;
}

function say(record: MoveRecord, hasShards: boolean): void {
  const to = record.to === 'r2' ? 'R2' : 'the shards';
  const { moved } = record;
  if (record.done_at_ms === null) {
    const starts_at = new Date(record.starts_at_ms).toISOString();
    logger.info('Leases and hints move to {to} from {starts_at} on', { to, starts_at });
  } else if (record.to === 'r2' && hasShards) {
    logger.info(
      'All leases and hints are in R2, {moved} of them moved: the binding LEASE_SHARDS may be removed',
      { moved },
    );
  }
}
