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

// The tests of the stores hand their drivers to the conformance suite. In its place stands what takes note of
// them, so that the table is made of the very traits that choose what the suite tests.
vi.mock('../conformance/suite.ts', () => ({ describeStore: describeGuarantees }));

await import('./memory.test.ts');
await import('./file.test.ts');
await import('./r2.test.ts');
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
      'put() rejects a state that is larger, and writes nothing',
      async () => {
        const body = new Uint8Array(largest?.refusedBytes ?? 0);
        await expect(medium.left.put(KEY, body, UNCONDITIONAL)).rejects.toThrow(StoreError);
        expect(await medium.right.head(KEY)).toBeNull();
      },
    );
  });
}

describe('the table of guarantees', () => {
  it('stands in the document as the suite tests it', () => {
    // The KV in memory stands in for a real one: it is no medium to choose.
    const chosen = drivers.filter(({ traits }) => traits.name === 'memory' || traits.durable);
    const table = guaranteeTable(chosen.map(({ traits }) => traits));
    expect(sectionIn(readFileSync(DOCUMENT, 'utf8'), GUARANTEE_MARKERS)).toBe(table);
  });
});
