import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StoreError, UNCONDITIONAL } from '../../lib/store.ts';
import { largeBody, sameBytes } from '../conformance/body.ts';
import { GUARANTEE_MARKERS, guaranteeTable, MEDIA } from '../conformance/guarantees.ts';
import { sectionIn } from '../conformance/marked-section.ts';
import type { Driver, Medium } from '../conformance/medium.ts';

const DOCUMENT = new URL('../../lib/stores/README.md', import.meta.url);
const KEY = 'jobs/a.json';

const drivers = vi.hoisted((): Driver[] => []);

// The store tests pass their drivers to the conformance suite. A stand-in collects them here,
// so that the table uses the same traits that select the tests of the suite.
vi.mock('../conformance/suite.ts', () => ({ describeStore: describeGuarantees }));

await import('./memory.test.ts');
await import('./file.test.ts');
await import('./r2.test.ts');
await import('./shards.test.ts');
await import('./s3.test.ts');
await import('./deno-kv.test.ts');
await import('./workers-kv.test.ts');

function describeGuarantees(driver: Driver): void {
  drivers.push(driver);
  const { name } = driver.traits;
  const largest = MEDIA[name]?.largest;

  describe(`the ${name} store`, () => {
    let medium: Medium;

    beforeEach(async () => {
      medium = await driver.open();
    });

    afterEach(async () => {
      await medium.destroy();
    });

    it('has the traits that the suite tests', () => {
      expect(medium.left.traits).toEqual(driver.traits);
    });

    it('put() and get() keep the largest state', async () => {
      const body = largeBody(largest?.keptBytes ?? 0);
      await medium.left.put(KEY, body, UNCONDITIONAL);
      const stored = await medium.right.get(KEY);
      expect(sameBytes(stored?.body ?? new Uint8Array(), body)).toBe(true);
    });

    it.runIf(typeof largest?.refusedBytes === 'number')(
      'put() rejects a larger state, and writes nothing',
      async () => {
        const body = new Uint8Array(largest?.refusedBytes ?? 0);
        await expect(medium.left.put(KEY, body, UNCONDITIONAL)).rejects.toThrow(StoreError);
        expect(await medium.right.head(KEY)).toBeNull();
      },
    );
  });
}

describe('the table of guarantees', () => {
  it('is in the document as the suite tests it', () => {
    // The in-memory KV replaces a real one in tests. Users cannot choose it.
    const chosen = drivers.filter(({ traits }) => traits.name === 'memory' || traits.durable);
    const table = guaranteeTable(chosen.map(({ traits }) => traits));
    expect(sectionIn(readFileSync(DOCUMENT, 'utf8'), GUARANTEE_MARKERS)).toBe(table);
  });
});
