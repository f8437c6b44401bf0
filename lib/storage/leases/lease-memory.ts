import { ENTRY_BYTES, MEMORY_BOUNDS } from '../../base/memory-bounds.ts';
import { ownText, ownTexts } from '../../base/own-text.ts';
import {
  addRenewals,
  addRenewedTimes,
  type DeferralWindow,
  deferralWindowOf,
  isSameContent,
  mayDefer,
} from '../../lease/deferred-renewal.ts';
import { encodeLease, type Lease, type LeaseTimes } from '../../lease/lease.ts';
import type { Version } from '../../store.ts';

/**
 * The leases that this process renews, with the renewals that are not stored yet. Only a writer in its turn at the key
 * changes what is known of the stored lease. A renewal comes between the turns, and never while a write is held.
 */
export interface LeaseMemory {
  /** The version of the lease that is known, null if none is. */
  versionOf(key: string): Version | null;
  /** The known lease with its renewals, if it is known at this version. */
  at(key: string, version: Version): Lease | null;
  /** As `withRenewals`, for the times alone. */
  timesWithRenewals(key: string, version: Version, found: LeaseTimes): LeaseTimes;
  /** Another number after every change of what is known. */
  revision(): number;
  /** A lease as it was read from the store, with the renewals in memory. Changes nothing. */
  withRenewals(key: string, version: Version, found: Lease): Lease;
  /** Records what a writer has read in its turn, if the lease is known. Returns it with the renewals in memory. */
  update(key: string, version: Version, found: Lease): Lease;
  /** As `update`, also for a lease that is not known yet, if there is room. */
  admit(key: string, version: Version, found: Lease): Lease;
  /**
   * Keeps a renewal in memory. `version` is the one that the store has now. False if the renewal has to be written:
   * then nothing has changed.
   */
  renew(key: string, version: Version, renewed: Lease): boolean;
  /** Announces a write. The caller ends it, whatever became of it. */
  begin(key: string, write: LeaseWrite): PendingWrite;
  forget(key: string): void;
  /** From now on renewals of this lease are written, until one of them has been. */
  requireWrites(key: string): void;
  /** Whether the lease has renewals that should be stored by now. */
  isDue(key: string, nowMs: number): boolean;
  /** Takes the leases whose renewals should be stored by now. The caller calls `settle` for each. */
  takeDue(nowMs: number): DueRenewals;
  /** Ends what `takeDue` began: renewals that came in the meantime are scheduled again. */
  settle(key: string): void;
}

export interface LeaseWrite {
  /** The lease from which the change starts. Null if there is none yet. */
  readonly base: Lease | null;
  /** The lease that is written. Null if it is deleted. */
  readonly next: Lease | null;
  /** Whether renewals have to wait for the end of the write, because it may end the lease. */
  readonly isHeld: boolean;
}

export interface PendingWrite {
  /** To be called when the lease is stored under this version. */
  written(version: Version): void;
  end(): void;
}

export interface DueRenewals {
  /** The lease that was stored least recently comes first. */
  readonly keys: readonly string[];
  /** When the next ones are due. Null if none are left. */
  readonly nextAtMs: number | null;
}

interface Entry {
  readonly key: string;
  version: Version;
  /** The lease under that version. */
  stored: Lease;
  /**
   * Whether this process wrote that version. Only then may renewals stay in memory: the process that wrote it last may
   * let the lease end early, when the connection of its holder breaks, and must see that the holder renews it elsewhere.
   */
  isOwn: boolean;
  window: DeferralWindow;
  /** With the renewals that are not stored yet. The same object as `stored` if there are none. */
  lease: Lease;
  bytes: number;
  /** When the renewals are to be stored. Null if there are none, or if they are on their way. */
  dueAtMs: number | null;
  /** The last write. It is kept after a failure: the store may have carried it out all the same. */
  lastWrite: LeaseWrite | null;
  isWriting: boolean;
  isTaken: boolean;
  mustWrite: boolean;
}

/** Two leases that share most texts, the times of both, and the entry. */
const FIXED_BYTES = 4 * ENTRY_BYTES;
/** A value takes more memory than its JSON text. */
const BYTES_PER_PROGRESS_CHARACTER = 4;
/** To look at all entries for one that may be forgotten would take too long. */
const MAX_LOOKED_AT = 8;

export interface LeaseMemoryOptions {
  /** Called when renewals of a lease are to be stored at this time. */
  readonly onDue: (dueAtMs: number) => void;
  /** Zero for a process that writes all renewals. */
  readonly maxBytes?: number;
}

export function createLeaseMemory({
  onDue,
  maxBytes = MEMORY_BOUNDS.renewedLeases.bytes,
}: LeaseMemoryOptions): LeaseMemory {
  const entries = new Map<string, Entry>();
  /** How many writes hold a lease: those of one step with a change of its job do not take turns with the others. */
  const holds = new Map<string, number>();
  let bytes = 0;
  let revision = 0;

  function remove(entry: Entry): void {
    revision += 1;
    if (entries.delete(entry.key)) bytes -= entry.bytes;
  }

  function makeRoomFor(added: number): boolean {
    while (bytes + added > maxBytes) {
      const oldest = findForgettable();
      if (oldest === null) return false;
      remove(oldest);
    }
    return true;
  }

  function hold(key: string): () => void {
    holds.set(key, (holds.get(key) ?? 0) + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = (holds.get(key) ?? 1) - 1;
      if (left === 0) holds.delete(key);
      else holds.set(key, left);
    };
  }

  /** One of the leases that were stored least recently. Null if all of them are needed. */
  function findForgettable(): Entry | null {
    let lookedAt = 0;
    for (const entry of entries.values()) {
      if (isForgettable(entry)) return entry;
      lookedAt += 1;
      if (lookedAt === MAX_LOOKED_AT) return null;
    }
    return null;
  }

  function add(
    foreignKey: string,
    version: Version,
    { found, isOwn }: { readonly found: Lease; readonly isOwn: boolean },
  ): void {
    if (maxBytes === 0 || found.expired) return;
    const size = bytesOf(foreignKey, found);
    if (!makeRoomFor(size)) return;
    bytes += size;
    revision += 1;
    const key = ownText(foreignKey);
    const lease = ownTexts(found);
    entries.set(key, {
      key,
      version: ownText(version),
      stored: lease,
      isOwn,
      window: deferralWindowOf(lease),
      lease,
      bytes: size,
      dueAtMs: null,
      lastWrite: null,
      isWriting: false,
      isTaken: false,
      mustWrite: false,
    });
  }

  /** Records a newly stored lease, and the lease with the renewals that it does not have yet. */
  function replace(
    entry: Entry,
    version: Version,
    {
      stored,
      lease,
      isOwn,
    }: { readonly stored: Lease; readonly lease: Lease; readonly isOwn: boolean },
  ): void {
    remove(entry);
    entry.isOwn = isOwn;
    // A lease that has ended is not renewed any more.
    if (stored.expired) return;
    entry.version = ownText(version);
    entry.stored = ownTexts(stored);
    entry.lease = lease === stored ? entry.stored : lease;
    entry.window = deferralWindowOf(stored);
    entry.bytes = bytesOf(entry.key, entry.lease);
    entry.dueAtMs = null;
    entries.set(entry.key, entry);
    bytes += entry.bytes;
    scheduleRest(entry);
  }

  /** Schedules renewals that are in memory and not on their way to the store. */
  function scheduleRest(entry: Entry): void {
    if (entry.lease === entry.stored || entry.dueAtMs !== null) return;
    if (entry.isTaken || entry.isWriting || entry.mustWrite) return;
    entry.dueAtMs = entry.window.writeAtMs;
    onDue(entry.dueAtMs);
  }

  function update(key: string, version: Version, found: Lease): Lease {
    const entry = entries.get(key);
    if (entry === undefined) return found;
    if (entry.version === version) return entry.lease;
    const lease = renewalsOn(entry, found);
    const isOwn = isLastWrite(entry, found);
    entry.lastWrite = null;
    replace(entry, version, { stored: found, lease, isOwn });
    return entries.has(key) ? entry.lease : found;
  }

  return {
    versionOf: key => entries.get(key)?.version ?? null,

    at(key, version) {
      const entry = entries.get(key);
      return entry?.version === version ? entry.lease : null;
    },

    timesWithRenewals(key, version, found) {
      const entry = entries.get(key);
      if (entry === undefined) return found;
      if (entry.version === version) return entry.lease;
      const { stored, lease, lastWrite } = entry;
      const next = lastWrite?.next ?? null;
      const isOwn = next !== null && hasSameTimes(next, found);
      return addRenewedTimes(found, {
        since: (isOwn ? lastWrite?.base : null) ?? stored,
        renewed: lease,
      });
    },

    revision: () => revision,

    withRenewals(key, version, found) {
      const entry = entries.get(key);
      if (entry === undefined) return found;
      return entry.version === version ? entry.lease : renewalsOn(entry, found);
    },

    update,

    admit(key, version, found) {
      if (!entries.has(key)) add(key, version, { found, isOwn: false });
      return update(key, version, found);
    },

    renew(key, version, renewed) {
      const entry = entries.get(key);
      if (entry === undefined || entry.version !== version) return false;
      if (!entry.isOwn || entry.mustWrite || holds.has(key) || !mayDefer(entry, renewed))
        return false;
      if (renewed.progress !== entry.lease.progress) {
        const growth = progressBytes(renewed) - progressBytes(entry.lease);
        entry.bytes += growth;
        bytes += growth;
      }
      entry.lease = renewed;
      revision += 1;
      scheduleRest(entry);
      return true;
    },

    begin(key, write) {
      const entry = entries.get(key);
      if (entry !== undefined) {
        entry.lastWrite = write;
        entry.isWriting = true;
      }
      const letGo = write.isHeld ? hold(key) : null;
      return {
        written(version) {
          letGo?.();
          const { base, next } = write;
          if (next === null) return;
          const known = entries.get(key);
          if (known === undefined) return add(key, version, { found: next, isOwn: true });
          const lease =
            base === null || known.lease === base
              ? next
              : addRenewals(next, { since: base, renewed: known.lease });
          known.mustWrite = false;
          known.isWriting = false;
          known.lastWrite = null;
          replace(known, version, { stored: next, lease, isOwn: true });
        },
        end() {
          letGo?.();
          // The next writer may have begun already.
          if (entry?.lastWrite !== write) return;
          entry.isWriting = false;
          if (entries.get(key) === entry) scheduleRest(entry);
        },
      };
    },

    forget(key) {
      const entry = entries.get(key);
      if (entry !== undefined) remove(entry);
    },

    requireWrites(key) {
      const entry = entries.get(key);
      if (entry !== undefined) entry.mustWrite = true;
    },

    isDue(key, nowMs) {
      const entry = entries.get(key);
      return entry !== undefined && entry.lease !== entry.stored && entry.window.writeAtMs <= nowMs;
    },

    takeDue(nowMs) {
      const keys: string[] = [];
      let nextAtMs: number | null = null;
      for (const entry of entries.values()) {
        const { dueAtMs } = entry;
        if (dueAtMs === null) continue;
        if (dueAtMs <= nowMs) {
          keys.push(entry.key);
          entry.dueAtMs = null;
          entry.isTaken = true;
        } else if (nextAtMs === null || dueAtMs < nextAtMs) nextAtMs = dueAtMs;
      }
      return { keys, nextAtMs };
    },

    settle(key) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      entry.isTaken = false;
      scheduleRest(entry);
    },
  };
}

function isForgettable({ lease, stored, isTaken, isWriting }: Entry): boolean {
  return lease === stored && !isTaken && !isWriting;
}

/** Whether it is the last write of this process, before its answer or without one. */
function isLastWrite({ lastWrite }: Entry, found: Lease): boolean {
  const next = lastWrite?.next ?? null;
  return next !== null && isSameContent(next, found);
}

/** The renewals of an entry on a lease that was stored under another version. */
function renewalsOn(entry: Entry, found: Lease): Lease {
  const { stored, lease, lastWrite } = entry;
  const since = (isLastWrite(entry, found) ? lastWrite?.base : null) ?? stored;
  return addRenewals(found, { since, renewed: lease });
}

function hasSameTimes(left: LeaseTimes, right: LeaseTimes): boolean {
  return (
    left.renewed_at === right.renewed_at &&
    left.expires_at === right.expires_at &&
    left.expired === right.expired
  );
}

function bytesOf(key: string, lease: Lease): number {
  return FIXED_BYTES + key.length + encodeLease(lease).byteLength + progressBytes(lease);
}

function progressBytes({ progress }: Lease): number {
  return progress === null ? 0 : BYTES_PER_PROGRESS_CHARACTER * JSON.stringify(progress).length;
}
