import * as z from 'zod';
import type { Grant } from './client/grant.ts';
import type { RetryRule } from './handler/retry-rule.ts';

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
const FailedSheet = z.looseObject({
  max_retries: z.int().min(1).catch(DEFAULT_ATTEMPTS),
  error_history: z
    .array(z.looseObject({ timestamp: z.string(), error_type: z.string() }))
    .catch([]),
});
type SheetError = z.infer<typeof FailedSheet>['error_history'][number];

/**
 * An attempt that was only stopped is no failure, so failures are counted and not starts. Each time that as many have
 * failed the job as the rule allows, the next ones count from 0: an operator has resumed the job.
 */
export function createSheetRetries(
  { state, server_time: grantedAt }: Pick<Grant, 'state' | 'server_time'>,
  sheet: number,
  rule: RetryRule,
): SheetRetries {
  const { max_retries, error_history: errors } = FailedSheet.parse(
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
  if (count >= MAX_ERRORS) return 0;
  return attempts === Number.POSITIVE_INFINITY ? count : count % attempts;
}
