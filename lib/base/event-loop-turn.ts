/**
 * Lets the event loop run once, so that other requests make progress. Long work runs in pieces and calls
 * this between them, so it never blocks other requests for long.
 */
export function yieldToEventLoop(): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, 0);
  });
}
