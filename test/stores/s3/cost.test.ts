import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sectionIn } from '../../conformance/marked-section.ts';
import { measureS3, S3_REQUESTS } from '../../cost/s3-requests.ts';
import { S3_COST_MARKERS, s3CostTable } from '../../cost/s3-table.ts';

const DOCUMENT = new URL('../../../lib/stores/README.md', import.meta.url);

describe('what a request costs on S3', () => {
  it('is what the document says', async () => {
    expect(await measureS3()).toEqual(S3_REQUESTS);
    expect(sectionIn(readFileSync(DOCUMENT, 'utf8'), S3_COST_MARKERS)).toBe(s3CostTable());
  });
});
