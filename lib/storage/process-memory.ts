import { type AvailabilityMemory, createAvailabilityMemory } from '../availability/stored.ts';
import { createFalseAlarmTally, type FalseAlarmTally } from './false-alarms.ts';
import { createHintCheck, type HintCheck } from './hint-check.ts';
import { createHintMemory, type HintMemory } from './hint-memory.ts';
import { createJobCache, type JobCache } from './job-cache.ts';
import { createJobNames, type JobNames } from './job-names.ts';
import { createKnownKeys, type KnownKeys } from './known-keys.ts';
import { createFinalUpdates, type FinalUpdates } from './update-answers.ts';
import { createWriteProbeRecord, type WriteProbeRecord } from './write-probe.ts';

/**
 * What a process remembers from one request to the next. All of it is data, and none of it a promise:
 * at the edge a request may end before another one's promise does, so there every request has a
 * repository of its own, and this alone is what they share. Nothing is wrong where it is lost. How much each
 * part may hold stands in `memory-bounds.ts`: all of this together less than twice `cacheBytes`.
 */
export interface ProcessMemory {
  readonly cache: JobCache;
  readonly names: JobNames;
  readonly keys: KnownKeys;
  readonly hints: HintMemory;
  readonly hintCheck: HintCheck;
  readonly finals: FinalUpdates;
  readonly falseAlarms: FalseAlarmTally;
  readonly lateRenewals: FalseAlarmTally;
  readonly availability: AvailabilityMemory;
  readonly verdict: Verdict;
  readonly writeProbe: WriteProbeRecord;
}

/** `cacheBytes` is how much parsed jobs may take. */
export function createProcessMemory({
  cacheBytes,
}: {
  readonly cacheBytes: number;
}): ProcessMemory {
  return {
    cache: createJobCache(cacheBytes),
    names: createJobNames(cacheBytes),
    keys: createKnownKeys(),
    hints: createHintMemory(),
    hintCheck: createHintCheck(),
    finals: createFinalUpdates(cacheBytes),
    falseAlarms: createFalseAlarmTally(),
    lateRenewals: createFalseAlarmTally(),
    availability: createAvailabilityMemory(),
    verdict: createVerdict(),
    writeProbe: createWriteProbeRecord(),
  };
}

/** What the last examination of a store came to. */
export interface Verdict {
  set(sound: boolean): void;
  /** Null where there was none. */
  get(): boolean | null;
}

export function createVerdict(): Verdict {
  let verdict: boolean | null = null;
  return {
    set(sound) {
      verdict = sound;
    },
    get: () => verdict,
  };
}
