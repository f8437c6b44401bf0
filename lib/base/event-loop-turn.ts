/**
 * Lets the event loop go round once: what waits for its turn there, other requests first of all, gets it. Long
 * work is done in pieces with turns in between, so that none of it stops the others for long.
 */
export function eventLoopTurn(): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, 0);
  });
}
