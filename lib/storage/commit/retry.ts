import { type Pause, systemPause } from '../../base/pause.ts';
import type { Random } from '../../base/random.ts';
import { fail, type Result } from '../../failure.ts';

/** The outcome of one try: a result, or another try is needed. After a lost race a pause comes first. */
export type Attempt<T> = Result<T> | 'again' | 'lost';

/** Racing processes back off. After this many lost races, the cause must be something else. */
const MAX_ATTEMPTS = 50;
const LONGEST_BACK_OFF_MS = 50;

/** Runs a task until it has a result. All retries go through here. Failure: `store_unavailable`. */
export type Retry = <T>(once: () => Promise<Attempt<T>>) => Promise<Result<T>>;

export function createRetry(random: Random, pause: Pause = systemPause): Retry {
  /** Doubles with every attempt up to a limit, with jitter. */
  function backOff(attempt: number): Promise<void> {
    return pause(random.fraction() * Math.min(2 ** attempt, LONGEST_BACK_OFF_MS));
  }

  return async once => {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const tried = await once();
      if (tried !== 'again' && tried !== 'lost') return tried;
      if (tried === 'lost') await backOff(attempt);
    }
    return fail({ code: 'store_unavailable', retryAfterSeconds: 1 });
  };
}
