import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { GUARANTEE_MARKERS, guaranteeTable, MEDIA } from '../conformance/guarantees.ts';
import { sectionIn } from '../conformance/marked-section.ts';
import type { Driver } from '../conformance/medium.ts';
import { POSTGRES_TRAITS } from '../support/postgres/traits.ts';

const DOCUMENT = new URL('../../lib/stores/README.md', import.meta.url);

const drivers = vi.hoisted((): Driver[] => []);

// The store tests pass their drivers to the conformance suite. A stand-in collects them here,
// so that the table uses the same traits that select the tests of the suite. No store is opened.
vi.mock('../conformance/suite.ts', () => ({
  describeStore: (driver: Driver) => void drivers.push(driver),
}));
vi.mock('../conformance/largest.ts', () => ({
  describeLargestState: ({ traits }: Driver) =>
    it(`the ${traits.name} store is in the table`, () =>
      expect(MEDIA).toHaveProperty([traits.name])),
}));
vi.mock('./emulation.ts', () => ({ openEmulation: async () => ({ stop: async () => undefined }) }));

await import('./memory.test.ts');
await import('./file.test.ts');
await import('./r2.test.ts');
await import('./shards.test.ts');
await import('./s3.test.ts');
await import('./deno-kv.test.ts');
await import('./workers-kv.test.ts');

describe('the table of guarantees', () => {
  it('is in the document as the suite tests it', () => {
    // The in-memory KV replaces a real one in tests. Users cannot choose it.
    const chosen = drivers.filter(({ traits }) => traits.name === 'memory' || traits.durable);
    // The tests of this one are run in the project that has a server.
    const all = [...chosen.map(({ traits }) => traits), POSTGRES_TRAITS];
    const table = guaranteeTable(all);
    expect(sectionIn(readFileSync(DOCUMENT, 'utf8'), GUARANTEE_MARKERS)).toBe(table);
  });
});
