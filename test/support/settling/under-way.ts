/** Operations of stores that wait for more than their turn: for another process, or for digests of other threads. */
const operations = { running: 0, begun: 0 };
const waiting: (() => void)[] = [];

/** Runs such an operation. */
export async function underWay<T>(operation: () => Promise<T>): Promise<T> {
  operations.running += 1;
  operations.begun += 1;
  try {
    return await operation();
  } finally {
    operations.running -= 1;
    if (operations.running === 0) for (const resolve of waiting.splice(0)) resolve();
  }
}

/** Repeats what lets everything run that is ready to, until it begins no such operation and none runs. */
export async function untilQuiet(settle: () => Promise<void>): Promise<void> {
  let before = -1;
  while (operations.begun !== before || operations.running > 0) {
    before = operations.begun;
    if (operations.running > 0) await new Promise<void>(resolve => waiting.push(resolve));
    // What waited for an operation runs only now.
    await settle();
  }
}

/** Lets everything run that is ready to. Digests are made by other threads, in the order in which they are asked for. */
export function settled(): Promise<void> {
  return untilQuiet(async () => {
    for (let turn = 0; turn < 5; turn += 1) await new Promise(resolve => setImmediate(resolve));
    await crypto.subtle.digest('SHA-256', new Uint8Array(1));
    await new Promise(resolve => setImmediate(resolve));
  });
}
