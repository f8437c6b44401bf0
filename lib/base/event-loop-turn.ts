/**
 * Lets the event loop run once, so that other requests make progress. Long work runs in pieces and calls
 * this between them, so it never blocks other requests for long.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise(startTurn);
}

// A timer waits for a millisecond at least, where there is another way.
const startTurn: (resolve: () => void) => void =
  typeof setImmediate === 'function'
    ? resolve => void setImmediate(resolve)
    : resolve => void setTimeout(resolve, 0);
