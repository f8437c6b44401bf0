/** Waits for the promises among the values. Without any it makes no promise for each of the others. */
export async function awaitAll<T>(values: readonly (T | Promise<T>)[]): Promise<readonly T[]> {
  const ready: T[] = [];
  for (const value of values) {
    if (value instanceof Promise) return Promise.all(values);
    ready.push(value);
  }
  return ready;
}
