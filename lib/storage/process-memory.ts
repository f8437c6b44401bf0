import { type AvailabilityMemory, createAvailabilityMemory } from '../availability/stored.ts';
import { createHintCheck, type HintCheck } from '../ready/hint-check.ts';
import { createListedHints, type ListedHints } from '../ready/listed-hints.ts';
import { createFalseAlarmTally, type FalseAlarmTally } from './false-alarm-tally.ts';
import { createHintMemory, type HintMemory } from './hint-memory.ts';
import { createJobCache, type JobCache } from './job-cache.ts';
import { createJobNames, type JobNames } from './job-names.ts';
import { createKnownKeys, type KnownKeys } from './known-keys.ts';
import { createLastResult, type LastResult } from './last-result.ts';
import { createRecoveryTally, type RecoveryTally } from './recovery-tally.ts';
import { createFinalUpdates, type FinalUpdates } from './update-answers.ts';
import { createWriteProbeRecord, type WriteProbeRecord } from './write-probe.ts';

/**
 * What a process remembers from one request to the next. It holds data and no promises: on edge runtimes a request
 * may not wait for a promise of another request, so each request has its own repository, and they share only this.
 * All of it may be lost at any time. `memory-bounds.ts` limits each part; together they stay below twice
 * `cacheBytes`.
 */
export interface ProcessMemory {
  readonly cache: JobCache;
  readonly names: JobNames;
  readonly keys: KnownKeys;
  readonly hints: HintMemory;
  readonly hintCheck: HintCheck;
  readonly listedHints: ListedHints;
  readonly finalAnswers: FinalUpdates;
  readonly falseAlarms: FalseAlarmTally;
  readonly lateRenewals: FalseAlarmTally;
  readonly recoveries: RecoveryTally;
  readonly availability: AvailabilityMemory;
  readonly verdict: Verdict;
  readonly writeProbe: WriteProbeRecord;
  readonly lastSweep: LastResult;
  readonly lastDiagnosis: LastResult;
}

/** `cacheBytes` limits the memory of parsed jobs, `listedHintsMs` how long listed hints serve claims; for ever if it is left out. */
export function createProcessMemory({
  cacheBytes,
  listedHintsMs,
}: {
  readonly cacheBytes: number;
  readonly listedHintsMs?: number;
}): ProcessMemory {
  return {
    cache: createJobCache(cacheBytes),
    names: createJobNames(cacheBytes),
    keys: createKnownKeys(),
    hints: createHintMemory(),
    hintCheck: createHintCheck(),
    listedHints: createListedHints(listedHintsMs),
    finalAnswers: createFinalUpdates(cacheBytes),
    falseAlarms: createFalseAlarmTally(),
    lateRenewals: createFalseAlarmTally(),
    recoveries: createRecoveryTally(),
    availability: createAvailabilityMemory(),
    verdict: createVerdict(),
    writeProbe: createWriteProbeRecord(),
    lastSweep: createLastResult(),
    lastDiagnosis: createLastResult(),
  };
}

/** Whether the last doctor run found the store sound. */
export interface Verdict {
  set(sound: boolean): void;
  /** Null if the doctor has not run. */
  get(): boolean | null;
}

function createVerdict(): Verdict {
  let verdict: boolean | null = null;
  return {
    set(sound) {
      verdict = sound;
    },
    get: () => verdict,
  };
}
