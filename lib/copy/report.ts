import type { Version } from '../store.ts';

/** A job, and why it is in the report. */
export interface Note {
  readonly key: string;
  readonly reason: string;
}

/** The result of a copy. */
export interface CopyReport {
  /** The number of jobs that the source listed; null when it could not be listed. */
  readonly found: number | null;
  readonly copied: number;
  /** Replaced what an earlier copy put there. */
  readonly updated: number;
  readonly overwritten: number;
  /** The same bytes were at the target already. */
  readonly present: number;
  /** Of those four: copied unchanged, although no service can read them. */
  readonly corrupt: number;
  /** Of those four: jobs with a lease that is over. The service at the target recovers them. */
  readonly zombies: number;
  /** Of those four: copied with the running lease of a holder. */
  readonly carried: number;
  readonly held: readonly Note[];
  /** Not changed at the target, because they are held there. */
  readonly heldThere: readonly Note[];
  readonly conflicts: readonly Note[];
  readonly failures: readonly Note[];
  readonly verified: number;
  /** The number of jobs to verify. */
  readonly expected: number;
  readonly unverified: readonly Note[];
  readonly changedSince: readonly Note[];
  /** Jobs of the target that the source does not have. */
  readonly onlyThere: readonly Note[];
  /** Whether the target may have jobs of its own. */
  readonly others: boolean;
  /** The target shows writes late: jobs that are not verified may be there nevertheless. */
  readonly targetIsLate: boolean;
  /** Reads of the source may be old: writes of the last minute may be missing. */
  readonly sourceIsLate: boolean;
  /** Why the copy stopped early; null when it did not. */
  readonly stopped: string | null;
}

/** The version of a copied job at the source, and the keys that the target must have with it. */
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

/** Collects the report of one copy. Of a job it stores the key and version, never the body. */
export interface ReportBuilder {
  found(jobs: number): void;
  count(what: Count): void;
  note(what: Notes, key: string, reason: string): void;
  expect(key: string, expected: Expected): void;
  /** Returns what the second pass must find of a job, and forgets it. */
  take(key: string): Expected | 'skipped' | null;
  /** The keys that were never taken. */
  remaining(): Iterable<string>;
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
  const expectations = new Map<string, Expected>();
  const skipped = new Set<string>();
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
      skipped.add(key);
    },
    expect(key, task) {
      expected += 1;
      expectations.set(key, task);
    },
    take(key) {
      const task = expectations.get(key);
      expectations.delete(key);
      return task ?? (skipped.has(key) ? 'skipped' : null);
    },
    remaining: () => expectations.keys(),
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

/** Whether every job is at the target and was verified there. */
export function isComplete(report: CopyReport): boolean {
  const { found, stopped, others } = report;
  const { held, heldThere, conflicts, failures, unverified, changedSince, onlyThere } = report;
  const open = [held, heldThere, conflicts, failures, unverified, changedSince];
  if (!others) open.push(onlyThere);
  // A source without jobs is probably a wrong place.
  if (stopped !== null || found === 0) return false;
  return open.every(notes => notes.length === 0) && isVerified(report);
}

function isVerified({ verified, expected }: CopyReport): boolean {
  return verified === expected;
}
