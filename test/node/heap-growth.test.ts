import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { growthPercent } from '../../functions/node/heap-growth.ts';

const MODULE = fileURLToPath(new URL('../../functions/node/heap-growth.ts', import.meta.url));

/** The largest heap of a process that keeps 120,000 lists, and replaces the oldest again and again. */
const PROGRAM = `
  const { limitHeapGrowth } = await import(${JSON.stringify(MODULE)});
  const kept = [];
  let most = 0;
  for (let count = 0; count < 600_000; count++) {
    kept[count % 120_000] = [new Array(60).fill(count)];
    if (count === 120_000) {
      if (process.argv.includes('limited')) limitHeapGrowth();
      gc();
    }
    if (count > 120_000 && count % 500 === 0) most = Math.max(most, process.memoryUsage().heapUsed);
  }
  console.log(most);
  process.exit();
`;

function mostBytes(...flags: readonly string[]): number {
  // A process of its own: the limit lasts as long as the process.
  const args = ['--expose-gc', '--input-type=module', '--eval', PROGRAM, '--', ...flags];
  return Number(execFileSync(process.execPath, args));
}

it('limitHeapGrowth() lets the heap keep less garbage', () => {
  expect(mostBytes('limited')).toBeLessThan(0.8 * mostBytes());
});

it('growthPercent() leaves a small heap 32 MB, and a large one 40 %', () => {
  const MB = 2 ** 20;
  expect([8, 32, 64, 80, 800].map(size => growthPercent(size * MB))).toEqual([
    150, 100, 50, 40, 40,
  ]);
});
