import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes that the heap and the buffers beside it hold once there is no garbage in them. */
export async function heldBytes(): Promise<number> {
  // What a promise holds goes with the turn in which it has settled.
  await new Promise(resolve => setImmediate(resolve));
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** How many more bytes are held after a task than before it. */
export async function growthOf(task: () => Promise<void>): Promise<number> {
  const before = await heldBytes();
  await task();
  return (await heldBytes()) - before;
}
