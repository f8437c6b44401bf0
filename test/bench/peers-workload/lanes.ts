/** Runs `task` for 0 to `count` - 1, one after the other in each of `lanes` lanes. */
export async function inTurn(
  count: number,
  lanes: number,
  task: (index: number, lane: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  async function lane(_: unknown, number: number): Promise<void> {
    while (next < count) await task(next++, number);
  }
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane));
}
