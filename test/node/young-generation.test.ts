import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MODULE = fileURLToPath(new URL('../../functions/node/young-generation.ts', import.meta.url));

/** What the young generation has before and after, and after much more has been kept alive. */
const PROGRAM = `
  const { sizeYoungGeneration, youngBytes } = await import(${JSON.stringify(MODULE)});
  const sizes = [youngBytes()];
  sizeYoungGeneration();
  sizes.push(youngBytes());
  const kept = [];
  for (let count = 0; count < 2_000_000; count++) kept.push({ count });
  sizes.push(youngBytes());
  console.log(JSON.stringify(sizes));
`;

it('sizeYoungGeneration() makes it larger once, and it grows no further', () => {
  // A process of its own: the size lasts as long as the process.
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', PROGRAM]);
  const [before = 0, sized = 0, later = 0] = JSON.parse(String(output));
  expect(before).toBeLessThan(4 * 2 ** 20);
  expect(sized).toBeGreaterThanOrEqual(4 * 2 ** 20);
  expect(sized).toBeLessThanOrEqual(16 * 2 ** 20);
  expect(later).toBe(sized);
});
