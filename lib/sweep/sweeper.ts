import { forEachConcurrently } from '../base/concurrently.ts';
import { fail, ok, type Result } from '../failure.ts';
import { LEASE_KEYS } from '../lease/lease.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import { createSweepPass, type SweepPass, type SweepRange } from './pass.ts';
import type { SweepReport } from './report.ts';

export interface Sweeper {
  /**
   * One whole pass. It reads only leases that may have expired, and only the jobs of zombies. An error of
   * one lease is counted and stops nothing. Failure: `invalid` for a text that is not a cursor of a sweep. Rejects with a
   * `StoreError` where the leases cannot be listed.
   */
  sweep(options: SweepOptions): Promise<Result<SweepReport>>;
  /** Begins a pass whose caller decides how far it goes. The cursor is that of a report. */
  begin(range: SweepRange): SweepPass;
  /** Remembers the report of a pass that its caller has ended. `sweep` does it itself. */
  record(report: SweepReport): void;
}

export interface SweepOptions extends SweepRange {
  /** Once it is aborted no further lease begins, and the pass ends with those that have begun. */
  readonly signal?: AbortSignal;
}

export const DEFAULT_SWEEP_LIMIT = 500;
export const MAX_SWEEP_LIMIT = 10_000;

/** Each recovery waits for the store several times. */
const CONCURRENCY = 8;

export function createSweeper(parts: ProtocolContext): Sweeper {
  const begin = (range: SweepRange): SweepPass => createSweepPass(parts, range);

  function record(report: SweepReport): void {
    parts.memory.lastSweep.set(parts.clock.now(), report);
  }

  return {
    begin,
    record,

    async sweep({ cursor, limit, signal }) {
      if (cursor !== null && !cursor.startsWith(LEASE_KEYS)) {
        const reason = 'This is not a cursor of a sweep';
        return fail({ code: 'invalid', faults: [{ path: '?cursor', reason }] });
      }
      const pass = begin({ cursor, limit });
      await forEachConcurrently(leaseKeysToRead(pass, signal), CONCURRENCY, key =>
        pass.recover(key),
      );
      const report = pass.report();
      record(report);
      return ok(report);
    },
  };
}

/** The keys of the leases that have to be read. */
async function* leaseKeysToRead(
  pass: SweepPass,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  for await (const { key, isKnownToRun } of pass.leases) {
    if (signal?.aborted === true) return;
    pass.advanceTo(key);
    if (!isKnownToRun) yield key;
  }
}
