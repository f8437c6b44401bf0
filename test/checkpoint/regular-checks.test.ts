import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checksSource } from '../../functions/cli/dev/checks-source.ts';

const FILE = new URL('../../lib/checkpoint/generated/regular-checks.ts', import.meta.url);

it('regular-checks.ts is what checksSource() makes of the schema of states now', () => {
  expect(readFileSync(FILE, 'utf8')).toBe(checksSource());
});
