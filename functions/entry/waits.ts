import type { Waits } from '../../lib/claims/waiting-line.ts';
import type { IntakeLimits } from '../http/intake.ts';

/**
 * Lets claims wait, in a runtime with one service per process. As many wait as may be in flight: those that wait do not
 * count as in flight.
 */
export function waitsFor({ requests }: Pick<IntakeLimits, 'requests'>): Waits {
  return {
    most: requests,
    after(milliseconds, call) {
      const timer = setTimeout(call, milliseconds);
      return () => clearTimeout(timer);
    },
  };
}
