import type { Version } from '../store.ts';

/** A job, and why it is told of. */
export interface Note {
  readonly key: string;
  readonly reason: string;
}

/** What a copy comes to. */
export interface CopyReport {
  /** How many jobs the source listed, null where it could not be listed. */
  readonly found: number | null;
  readonly copied: number;
  /** Over what an earlier copy put there. */
  readonly updated: number;
  readonly overwritten: number;
  /** The same bytes were at the target already. */
  readonly present: number;
  /** Among those four: copied as they are, though no service can read them. */
  readonly corrupt: number;
  /** Among those four: with a lease that is over, for the service at the target to recover. */
  readonly zombies: number;
  /** Among those four: with the lease of a holder that lives. */
  readonly carried: number;
  readonly held: readonly Note[];
  /** Left at the target as they are, for somebody there works on them. */
  readonly heldThere: readonly Note[];
  readonly conflicts: readonly Note[];
  readonly failures: readonly Note[];
  readonly verified: number;
  /** How many there were to verify. */
  readonly expected: number;
  readonly unverified: readonly Note[];
  readonly changedSince: readonly Note[];
  /** Jobs of the target that the source does not have. */
  readonly onlyThere: readonly Note[];
  /** Whether the target may have jobs of its own. */
  readonly others: boolean;
  /** The target shows writes late: what is not verified may be there nonetheless. */
  readonly targetIsLate: boolean;
  /** Reads of the source may be old: what was written in the last minute may be missing. */
  readonly sourceIsLate: boolean;
  /** Why it ended before its end, null where it did not. */
  readonly stopped: string | null;
}

/** What the target must hold of a job, and which version of it the source had. */
export interface Expected {
  readonly version: Version;
  /** Hints and leases. */
  readonly sidecars: readonly string[];
}

type Count = 'copied' | 'updated' | 'overwritten' | 'present' | 'corrupt' | 'zombies' | 'carried';
type Notes =
  | 'held'
  | 'heldThere'
  | 'conflicts'
  | 'failures'
  | 'unverified'
  | 'changedSince'
  | 'onlyThere';
type Setting = Pick<CopyReport, 'targetIsLate' | 'sourceIsLate' | 'others'>;

/** Keeps the books of one copy: of a job its key and version, never its body. */
export interface ReportBuilder {
  found(jobs: number): void;
  count(what: Count): void;
  note(what: Notes, key: string, reason: string): void;
  expect(key: string, expected: Expected): void;
  /** What the second pass is to find of a job; asked once, for it is forgotten then. */
  take(key: string): Expected | 'passed-over' | null;
  /** The keys that nobody asked for. */
  left(): Iterable<string>;
  verified(): void;
  stop(reason: string): void;
  report(setting: Setting): CopyReport;
}

export function createReportBuilder(): ReportBuilder {
  const counts = {
    copied: 0,
    updated: 0,
    overwritten: 0,
    present: 0,
    corrupt: 0,
    zombies: 0,
    carried: 0,
  };
  const notes: { readonly [Name in Notes]: Note[] } = {
    held: [],
    heldThere: [],
    conflicts: [],
    failures: [],
    unverified: [],
    changedSince: [],
    onlyThere: [],
  };
  const awaited = new Map<string, Expected>();
  const passedOver = new Set<string>();
  let found: number | null = null;
  let expected = 0;
  let verified = 0;
  let stopped: string | null = null;

  return {
    found(jobs) {
      found = jobs;
    },
    count(what) {
      counts[what] += 1;
    },
    note(what, key, reason) {
      notes[what].push({ key, reason });
      passedOver.add(key);
    },
    expect(key, task) {
      expected += 1;
      awaited.set(key, task);
    },
    take(key) {
      const task = awaited.get(key);
      awaited.delete(key);
      return task ?? (passedOver.has(key) ? 'passed-over' : null);
    },
    left: () => awaited.keys(),
    verified() {
      verified += 1;
    },
    stop(reason) {
      stopped = reason;
    },
    report: setting => ({
      ...counts,
      ...notes,
      ...setting,
      found,
      expected,
      verified,
      stopped,
    }),
  };
}

/** Whether everything is at the target, and was seen there. */
export function isComplete(report: CopyReport): boolean {
  const { found, stopped, others } = report;
  const { held, heldThere, conflicts, failures, unverified, changedSince, onlyThere } = report;
  const open = [held, heldThere, conflicts, failures, unverified, changedSince];
  if (!others) open.push(onlyThere);
  // No jobs at all is what a wrong place looks like.
  if (stopped !== null || found === 0) return false;
  return open.every(notes => notes.length === 0) && isVerified(report);
}

function isVerified({ verified, expected }: CopyReport): boolean {
  return verified === expected;
}
