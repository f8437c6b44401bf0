import type { Availability } from '../availability/availability.ts';
import { createLaterAvailability } from '../availability/later.ts';
import type { ProcessAvailability } from '../availability/process.ts';
import type { Clock } from '../base/clock.ts';
import type { Timers } from '../base/timers.ts';
import { graceEnd } from '../lease/interruption.ts';
import { type ObjectStore, StoreError, type Version } from '../store.ts';
import { createClockWatch } from './clock-watch.ts';
import {
  type FoundLeader,
  interruptionsIn,
  type LeaderRecord,
  readLeader,
  storedInterruptions,
  writeLeader,
} from './leader-record.ts';

/**
 * Of several processes on one store one sweeps: the leader. All look at its record. A process counts as alive as long as its
 * record changes, as each of the others sees it by its own steady time: clocks are not compared. So a wrong leader costs work
 * that is done twice, and nothing else.
 */
export interface SweepLeader {
  /**
   * Looks at the record, and writes it where this process leads, or where no other one does. To be called after each
   * `delayMs`, one call at a time. Never rejects.
   */
  step(): Promise<void>;
  /** The time from the end of a step to the next one. */
  delayMs(): number;
  /** Whether this process sweeps. It does so also as long as it has seen nothing of another one. */
  isDue(): boolean;
  /** Lets another process take over at once. Never rejects. */
  resign(): Promise<void>;
  /** That of this process, which also knows when the store could not be reached, and what the leader knows of earlier times. */
  readonly availability: Availability;
}

/** What happened, for the log. */
export type LeaderEvent =
  | { readonly kind: 'leads'; readonly epoch: number }
  | { readonly kind: 'follows'; readonly name: string }
  /** How far at least the clock of the leader is ahead of that of this machine; negative if it is behind. */
  | { readonly kind: 'clock'; readonly name: string; readonly seconds: number }
  | { readonly kind: 'error'; readonly error: unknown };

export interface SweepLeaderOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly timers: Pick<Timers, 'elapsedMs'>;
  readonly availability: ProcessAvailability;
  /** Unique for each start of a process. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Whether this process may lead. One that may not looks only. */
  readonly mayLead: boolean;
  readonly report: (event: LeaderEvent) => void;
}

export const LOOK_MS = 15_000;
/** After an error of the store. */
export const RETRY_MS = 2_000;
/** A leader whose record has not changed for three looks is gone. The timers of looks may fire a little early. */
export const LOST_MS = 3 * LOOK_MS - 100;
/** So long without a look, the store could not be reached. */
const LONGEST_GAP_MS = 30_000;

/** The version of the record that this process has seen last; null if there was none. */
interface Seen {
  readonly version: Version | null;
  /** When this process has seen this version first, and looked last, on the steady clock. */
  readonly sinceMs: number;
  readonly lookedAtMs: number;
}

export function createSweepLeader(options: SweepLeaderOptions): SweepLeader {
  const { store, clock, timers, availability, id, name, mayLead, report } = options;
  const clocks = createClockWatch({ clock, timers, report });
  let seen: Seen | null = null;
  /** The record of this process, while it leads. */
  let own: { readonly record: LeaderRecord; readonly version: Version } | null = null;
  /** When another process has last shown that it lives. */
  let signAtMs: number | null = null;
  let contactAtMs = timers.elapsedMs();
  let hasFailed = false;
  let isResigned = false;

  function isFollowing(): boolean {
    return signAtMs !== null && timers.elapsedMs() - signAtMs < LOST_MS;
  }

  /** For how long the store could not be reached, up to now; 0 if it can be. */
  function outageSeconds(): number {
    const gapMs = timers.elapsedMs() - contactAtMs;
    return hasFailed || gapMs > LONGEST_GAP_MS ? Math.ceil(gapMs / 1000) : 0;
  }

  function nextRecord(epoch: number, renewals: number): LeaderRecord {
    const interruptions = storedInterruptions(availability.known());
    return { id, name, epoch, renewals, at: clock.now(), released: isResigned, interruptions };
  }

  /** False where another process has written the record. */
  async function renew(): Promise<boolean> {
    if (own === null) return false;
    const record = nextRecord(own.record.epoch, own.record.renewals + 1);
    const version = await writeLeader(store, record, own);
    own = version === null ? null : { record, version };
    return version !== null;
  }

  /** Whether this process leads from now on. Another one may be faster. */
  async function take(found: FoundLeader | null): Promise<boolean> {
    const record = nextRecord((found?.record?.epoch ?? 0) + 1, 0);
    const version = await writeLeader(store, record, found);
    if (version === null) return false;
    own = { record, version };
    signAtMs = null;
    report({ kind: 'leads', epoch: record.epoch });
    return true;
  }

  /** Another process has written since the last look, so it lives. */
  function follow({ record }: FoundLeader): void {
    const wasFollowing = isFollowing();
    const lookedAtMs = seen?.lookedAtMs ?? timers.elapsedMs();
    signAtMs = timers.elapsedMs();
    if (!wasFollowing) report({ kind: 'follows', name: record?.name ?? 'another version' });
    if (record === null) return;
    // It listened when this one began, and knows since when.
    if (clocks.compare(record, lookedAtMs)) availability.inherit(interruptionsIn(record));
  }

  async function look(): Promise<void> {
    const found = await readLeader(store);
    const now = timers.elapsedMs();
    const version = found?.version ?? null;
    const isKnown = seen !== null && seen.version === version;
    const isReleased = found?.record?.released === true;
    // Those that have listened for longer come first: they know more of earlier times.
    const isFree = found === null || (isReleased && seen !== null);
    if (found !== null && found.record?.id === id) {
      // The answer to the last write was lost.
      own = { record: found.record, version: found.version };
      await renew();
    } else {
      if (found !== null && seen !== null && !isKnown) follow(found);
      seen = { version, sinceMs: isKnown ? (seen?.sinceMs ?? now) : now, lookedAtMs: now };
      if (isReleased) signAtMs = null;
      const isLost = !isFollowing() && now - seen.sinceMs >= LOST_MS;
      if (!mayLead || isResigned || !(isFree || isLost)) return;
      // One that was faster is seen with the next look.
      if (!(await take(found))) seen = { ...seen, version: null };
    }
  }

  async function step(): Promise<void> {
    try {
      if (!(await renew())) await look();
      const seconds = outageSeconds();
      if (seconds > 0) availability.recordOutage(seconds);
      contactAtMs = timers.elapsedMs();
      hasFailed = false;
    } catch (error) {
      if (!(error instanceof StoreError) || !hasFailed) report({ kind: 'error', error });
      hasFailed = true;
    }
  }

  const outages: Availability = {
    async getReachability(now) {
      const seconds = outageSeconds();
      const known = seconds === 0 ? [] : [{ endedAt: now, seconds }];
      return { graceEndOf: (_, lease) => graceEnd(known, lease, now) };
    },
    recordMissedRenewal: () => undefined,
  };

  return {
    step,
    delayMs: () => (hasFailed ? RETRY_MS : LOOK_MS),
    isDue: () => mayLead && (own !== null || !isFollowing()),

    async resign() {
      isResigned = true;
      if (own !== null) await step();
      own = null;
    },

    availability: createLaterAvailability(availability, outages),
  };
}
