import type { Grant } from './client/grant.ts';
import type { RetryRule } from './handler/retry-rule.ts';
import { type Infer, parse } from './shape/shape.ts';
import { array, object } from './shape/structures.ts';
import { integer, refined, string, withFallback } from './shape/values.ts';

/** The failures in a row of one sheet. Those of earlier holders count: the service keeps them with the sheet. */
export interface SheetRetries {
  readonly failures: number;
  /** Counts one more failure. False if no further try may follow. */
  fail(): boolean;
  /** How long to wait before the next try, in milliseconds: after a failure of this holder. */
  pauseMs(): number;
  /** What is left of the pause after the last failure of an earlier holder, in milliseconds; 0 for none. */
  leftMs(): number;
}

const DEFAULT_ATTEMPTS = 3;
/** The service keeps so many errors. How many there were before is not known then. */
const MAX_ERRORS = 50;

/** The members of a sheet that tell of its failures. Another program may have written anything else. */
export const FailedSheet = object({
  max_retries: withFallback(
    refined(integer, { expected: 'an integer from 1', isMet: value => value >= 1 }),
    DEFAULT_ATTEMPTS,
  ),
  error_history: withFallback(array(object({ timestamp: string, error_type: string })), []),
});
type SheetError = Infer<typeof FailedSheet>['error_history'][number];

/**
 * An attempt that was only stopped is no failure, so failures are counted and not starts. Each time that as many have
 * failed the job as the rule allows, the next ones count from 0: an operator has resumed the job.
 */
export function createSheetRetries(
  { state, server_time: grantedAt }: Pick<Grant, 'state' | 'server_time'>,
  sheet: number,
  rule: RetryRule,
): SheetRetries {
  const { max_retries, error_history: errors } = parse(
    FailedSheet,
    state.sheets[String(sheet)] ?? {},
  );
  const attempts = rule.attempts ?? max_retries;
  const earlier = earlierFailures(errors, attempts);
  let failures = earlier;
  return {
    get failures() {
      return failures;
    },
    fail() {
      failures += 1;
      return failures < attempts;
    },
    pauseMs: () => rule.pauseMs(failures),
    leftMs() {
      if (earlier === 0) return 0;
      const pauseMs = rule.pauseMs(earlier);
      const passedMs = Date.parse(grantedAt) - Date.parse(errors.at(-1)?.timestamp ?? '');
      // Both times are of the service. Where they make no sense, the whole pause is kept.
      return passedMs >= 0 ? Math.max(0, pauseMs - passedMs) : pauseMs;
    },
  };
}

function earlierFailures(errors: readonly SheetError[], attempts: number): number {
  const last = errors.findLastIndex(({ error_type }) => error_type === 'permanent');
  const count = errors.length - 1 - last;
  return count >= MAX_ERRORS ? 0 : count % attempts;
}
