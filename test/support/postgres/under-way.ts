/** Operations of stores that wait for another process. There are none on a store of this one. */
const operations = { running: 0, begun: 0 };
const waiting: (() => void)[] = [];

/** Runs an operation that waits for another process. */
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

/** Repeats what lets everything run that is ready to, until it begins no such operation. */
export async function untilQuiet(settle: () => Promise<void>): Promise<void> {
  let before = -1;
  while (operations.begun !== before || operations.running > 0) {
    before = operations.begun;
    await settle();
    if (operations.running > 0) await new Promise<void>(resolve => waiting.push(resolve));
  }
}
