import type { Timing } from './timing.ts';

/** Something that an older service does not know. The worker assumes it, and goes without after a refusal. */
export interface Ability {
  /** Whether to ask for it. */
  isAssumed(): boolean;
  /** The service does not know it. */
  deny(): void;
}

/** A service may be updated while its workers run. */
const DENIED_MS = 600_000;

/** An ability of the service, which is assumed again some time after it was denied. */
export function createAbility(timing: Timing, deniedMs = DENIED_MS): Ability {
  let untilMs = Number.NEGATIVE_INFINITY;
  return {
    isAssumed: () => timing.elapsedMs() >= untilMs,
    deny() {
      untilMs = timing.elapsedMs() + deniedMs;
    },
  };
}
