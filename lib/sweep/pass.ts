import { type Failure, fail, ok, type Result } from '../failure.ts';
import { endIn, LEASE_KEYS, parseLeaseKey } from '../lease/lease.ts';
import { isRunning } from '../lease/rules.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import type { Expiry } from '../protocol/expiry.ts';
import type { Tally } from '../storage/false-alarms.ts';
import { type StoredEntry, StoreError } from '../store.ts';

/** One thing that a sweep could not do, or had to do blindly. */
export interface SweepFault {
  readonly lease: string;
  readonly path: string;
  readonly reason: string;
}

export interface SweepReport {
  /** Lease objects that were looked at. */
  readonly examined: number;
  /** Jobs taken from dead holders, `paused` now, or `completed` where no sheet was left to run. */
  readonly recovered: number;
  /** Jobs that were recovered once too often, or were to fail: `failed` now. */
  readonly failed: number;
  /** Jobs that an operator had cancelled and whose holder died before it heard: `cancelled` now. */
  readonly cancelled: number;
  /** Leases that no job names, removed, and leases renewed while they were looked at. */
  readonly skipped: number;
  readonly errors: number;
  /** The first of the errors. */
  readonly faults: readonly SweepFault[];
  /** Holders that came back after their leases were over, as this process saw since it started. */
  readonly false_alarms: Tally;
  /** Renewals of leases that were over, and that nobody had taken yet, since this process started. */
  readonly late_renewals: Tally;
  /** Where the next pass goes on, null when this one came to the end. */
  readonly cursor: string | null;
}

export interface Sweeper {
  /**
   * One pass over at most `limit` leases behind the cursor. It reads the leases, and of the jobs those
   * of zombies alone. What goes wrong with one of them is counted and stops nothing. Failure:
   * `invalid` for a cursor that is none.
   */
  sweep(options: SweepOptions): Promise<Result<SweepReport>>;
}

export interface SweepOptions {
  readonly cursor: string | null;
  readonly limit: number;
  /**
   * Whether there is room for one more lease that has to be read, with so many being looked at. Where there
   * is none the pass ends, and the cursor is where it stopped.
   */
  readonly mayBegin?: (underWay: number) => boolean;
  /** How many are recovered side by side: each waits for the store several times. */
  readonly lanes?: number;
  /** Done before a lease is read. */
  readonly before?: (key: string) => Promise<void>;
  /** Is told the key of every lease object that the pass comes by. */
  readonly onLease?: (key: string) => void;
}

export const DEFAULT_SWEEP_LIMIT = 500;
export const MAX_SWEEP_LIMIT = 10_000;

const DEFAULT_LANES = 8;
const MAX_FAULTS = 20;

type Listed = Pick<StoredEntry, 'key' | 'label'>;

type Outcome = 'live' | 'recovered' | 'failed' | 'cancelled' | 'skipped';

interface Finding {
  readonly outcome: Outcome | null;
  readonly fault: SweepFault | null;
}

export function createSweeper(parts: ProtocolContext): Sweeper {
  const { store, clock, expiry, memory, deadlines } = parts;

  /** Where the list tells when a lease ends, those that run cost nothing more. */
  function isKnownToRun({ label }: Listed): boolean {
    const end = label === null ? null : endIn(label);
    return end !== null && isRunning({ expires_at: end }, clock.now());
  }

  async function examine({ key }: Listed): Promise<Finding> {
    try {
      return await look(key);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return { outcome: null, fault: faultOf(key, error.message) };
    }
  }

  /** The findings of the first of them, up to where there was no room for more. */
  async function examineAll(
    entries: readonly Listed[],
    { mayBegin, lanes, before }: Required<Pick<SweepOptions, 'mayBegin' | 'lanes' | 'before'>>,
  ): Promise<Finding[]> {
    const findings: Finding[] = [];
    let next = 0;
    let underWay = 0;

    async function lane(): Promise<void> {
      for (let entry = entries[next]; entry !== undefined; entry = entries[next]) {
        const place = next;
        if (isKnownToRun(entry)) {
          findings[place] = { outcome: 'live', fault: null };
          next += 1;
          continue;
        }
        // Nobody begins what comes behind: the cursor is one place.
        if (!mayBegin(underWay)) return;
        next += 1;
        underWay += 1;
        await before(entry.key);
        findings[place] = await examine(entry);
        underWay -= 1;
      }
    }

    await Promise.all(Array.from({ length: lanes }, lane));
    return findings;
  }

  async function look(key: string): Promise<Finding> {
    const target = parseLeaseKey(key);
    if (target === null)
      return { outcome: null, fault: faultOf(key, 'The name is not that of a lease') };
    const expired = await expiry.expire({ ...target, leaseKey: key });
    if (!expired.ok) return { outcome: null, fault: faultOf(key, reasonOf(expired.failure)) };
    const { outcome, corrupt } = expired.value;
    const fault = corrupt === null ? null : faultOf(key, `The lease cannot be read: ${corrupt}`);
    return { outcome: sweptAs(outcome), fault };
  }

  function faultOf(lease: string, reason: string): SweepFault {
    return { lease, path: store.locate(lease), reason };
  }

  return {
    async sweep(options) {
      const { cursor, limit, mayBegin = () => true, lanes = DEFAULT_LANES, onLease } = options;
      const { before = () => Promise.resolve() } = options;
      if (cursor !== null && !cursor.startsWith(LEASE_KEYS)) {
        const reason = 'This is no cursor of a sweep';
        return fail({ code: 'invalid', faults: [{ path: '?cursor', reason }] });
      }
      const listed = store.list(LEASE_KEYS, cursor ?? LEASE_KEYS);
      const { entries, more } = await firstOf(listed, limit);
      const keys = entries.map(({ key }) => key);
      for (const key of keys) onLease?.(key);
      const findings = await examineAll(entries, { mayBegin, lanes, before });
      const stopped = findings.length < entries.length;
      if (cursor === null && !more) deadlines.forgetGone(new Set(keys), clock.now());
      const faults = findings.flatMap(({ fault }) => fault ?? []);
      const count = (outcome: Outcome) =>
        findings.filter(finding => finding.outcome === outcome).length;
      return ok({
        examined: findings.length,
        recovered: count('recovered'),
        failed: count('failed'),
        cancelled: count('cancelled'),
        skipped: count('skipped'),
        errors: faults.length,
        faults: faults.slice(0, MAX_FAULTS),
        false_alarms: memory.falseAlarms.read(),
        late_renewals: memory.lateRenewals.read(),
        cursor: more || stopped ? (keys[findings.length - 1] ?? cursor ?? LEASE_KEYS) : null,
      });
    },
  };
}

async function firstOf(
  listed: AsyncIterable<Listed>,
  limit: number,
): Promise<{ entries: Listed[]; more: boolean }> {
  const entries: Listed[] = [];
  for await (const entry of listed) {
    if (entries.length === limit) return { entries, more: true };
    entries.push(entry);
  }
  return { entries, more: false };
}

function sweptAs(outcome: Expiry['outcome']): Outcome {
  if (outcome === 'alive') return 'live';
  return outcome === 'orphan' ? 'skipped' : outcome;
}

function reasonOf(failure: Failure): string {
  return 'detail' in failure
    ? `The job is corrupt: ${failure.detail}`
    : `The job is not to be had: ${failure.code}`;
}
