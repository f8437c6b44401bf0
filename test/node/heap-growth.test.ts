import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MODULE = fileURLToPath(new URL('../../functions/node/heap-growth.ts', import.meta.url));

/** The largest heap of a process that keeps 30,000 lists, and replaces the oldest again and again. */
const PROGRAM = `
  const { limitHeapGrowth } = await import(${JSON.stringify(MODULE)});
  if (process.argv.includes('limited')) limitHeapGrowth();
  const kept = [];
  let most = 0;
  for (let count = 0; count < 1_000_000; count++) {
    kept[count % 30_000] = [new Array(60).fill(count)];
    if (count === 30_000) gc();
    if (count > 30_000 && count % 500 === 0) most = Math.max(most, process.memoryUsage().heapUsed);
  }
  console.log(most);
`;

function mostBytes(...flags: readonly string[]): number {
  // A process of its own: the limit lasts as long as the process.
  const args = ['--expose-gc', '--input-type=module', '--eval', PROGRAM, '--', ...flags];
  return Number(execFileSync(process.execPath, args));
}

it('limitHeapGrowth() lets the heap keep less garbage', () => {
  expect(mostBytes('limited')).toBeLessThan(0.8 * mostBytes());
});
